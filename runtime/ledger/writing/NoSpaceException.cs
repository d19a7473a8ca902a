namespace Isolation.Ledger;

/// <summary>A record cannot be written without the space that is kept for endings, and no more is to be had.</summary>
internal sealed class NoSpaceException(string message, Exception? inner) : IOException(message, inner);
