namespace Isolation.Core;

/// <summary>What destroying a cell found.</summary>
public sealed record CellReport(Residue Residue);
