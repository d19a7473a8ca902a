using System.Runtime.InteropServices;

namespace Isolation.Core;

/// <summary>A client's way into a payload's scratch.</summary>
/// <param name="Kind">What the descriptor is.</param>
/// <param name="Descriptor">It; whoever receives this disposes it.</param>
public sealed record ExchangeEnd(ExchangeKind Kind, SafeHandle Descriptor) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}

/// <summary>What a client gets for the exchange.</summary>
public enum ExchangeKind : byte
{
    /// <summary>The directory itself, in which everything of the payload's looks like the client's own.</summary>
    Directory = 1,

    /// <summary>A socket to a process that copies with the payload's rights, where the file system cannot show one account's files as another's.</summary>
    Copier = 2,
}

/// <summary>The names of the kinds, as clients are told them.</summary>
public static class ExchangeKindNames
{
    /// <summary>The name.</summary>
    public static string Name(this ExchangeKind kind) => kind switch
    {
        ExchangeKind.Directory => "directory",
        ExchangeKind.Copier => "copier",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "an exchange of no kind"),
    };
}
