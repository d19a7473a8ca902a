using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// The working directory that the caller would lend. What is lent can be read, changed and planted with programs: one that is, or holds, the
/// caller's home or a credential is named to nobody unless the caller means it.
/// </summary>
/// <param name="Path">Its path.</param>
/// <param name="Holds">What of that kind it is or holds, for a message; null for nothing.</param>
/// <param name="MeansIt">--lend-credentials.</param>
internal sealed record OwnDirectory(ReadOnlyMemory<byte> Path, string? Holds, bool MeansIt)
{
    // X.509 (Globus), bearer tokens (WLCG token discovery), Kerberos, HTCondor, ssh.
    private static readonly string[] Variables =
        ["HOME", "X509_USER_PROXY", "X509_USER_CERT", "X509_USER_KEY", "BEARER_TOKEN_FILE", "KRB5CCNAME", "_CONDOR_CREDS", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR"];

    /// <summary>The directory of a request; null where it names none.</summary>
    public static OwnDirectory? Of(RunOptions options, IReadOnlyList<ReadOnlyMemory<byte>> environment)
        => options.WorkingDirectory is { } path ? new OwnDirectory(path, WhatIsIn(path, environment), options.LendCredentials) : null;

    /// <summary>Names it over a socket that the service has passed.</summary>
    /// <returns>Null, or the line that tells why it was not named.</returns>
    public string? Name(Descriptor? socket)
    {
        if (socket is null)
            return FailureLine.Sentence("the service wants a directory named and passes no socket for it; nothing of the payload has run", "Use the client that belongs to the service");
        using (socket)
        {
            if (Holds is not null && !MeansIt)
                return FailureLine.Sentence($"refused: --workdir {Printable.Of(Path.Span)} would be lent to the payload, and it is or holds {Holds}",
                    "Lend another directory, or say --lend-credentials if the payload may have that");
            // Whether it was heard comes with the answer.
            _ = Sys.TrySend(socket, Path.Span, [], out _);
            return null;
        }
    }

    private static string? WhatIsIn(ReadOnlyMemory<byte> directory, IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        if (RealPath(directory.Span) is not string own)
            return null; // nobody can lend it
        uint uid = Sys.EffectiveUid();
        foreach ((string name, byte[] path) in Variables.Select(v => (v, Value(environment, v))).Append(("the proxy in /tmp", Text($"/tmp/x509up_u{uid}"))).Append(("the token in /tmp", Text($"/tmp/bt_u{uid}"))))
        {
            if (path.Length > 0 && RealPath(path) is string real && (real == own || own == "/" || real.StartsWith(own + "/", StringComparison.Ordinal)))
                return $"{Printable.Of(path)} ({name})";
        }

        return null;
    }

    private static byte[] Value(IReadOnlyList<ReadOnlyMemory<byte>> environment, string name)
    {
        byte[] start = Text(name + "=");
        ReadOnlyMemory<byte> entry = environment.FirstOrDefault(e => e.Span.StartsWith(start));
        byte[] value = entry.Length <= start.Length ? [] : entry[start.Length..].ToArray();
        return value.AsSpan().StartsWith("FILE:"u8) ? value[5..] : value; // as Kerberos names a file
    }

    private static string? RealPath(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != (byte)'/')
            return null;
        using Descriptor? place = Sys.TryOpen(null, path.ToArray(), Sys.O_PATH, 0, out _);
        return place is null ? null : new FileInfo($"/proc/self/fd/{place.Number}").LinkTarget;
    }

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
