using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>A request that holds no fault, and its command block.</summary>
internal sealed record ParsedRun(PayloadRequest Request, byte[] CommandBlock);

/// <summary>Parses <c>run</c> once, at the edge: every bound of <see cref="PayloadRequest"/> is checked here, and all faults are told at once.</summary>
internal static class RunParser
{
    internal const int MaxTags = 32;
    internal const int MaxTagName = 64;
    internal const int MaxTagValue = 1024;
    internal const int MaxClaim = 1024;

    /// <summary>The request, or null and what is wrong.</summary>
    /// <param name="wire">What the client sent.</param>
    /// <param name="id">The id that the payload will bear.</param>
    /// <param name="pilot">Who asks.</param>
    /// <param name="stackSoftLimit">The pilot's soft stack limit, bytes; null for none.</param>
    /// <param name="faults">Every fault.</param>
    public static ParsedRun? Parse(RunRequest wire, PayloadId id, Pilot pilot, long? stackSoftLimit, out ImmutableArray<Fault> faults)
    {
        List<Fault> found = [];
        CheckCommand(wire.Command, found);
        List<byte[]> environment = EnvironmentParser.Parse(wire.Environment, wire.ExplicitEnvironment, found);
        CheckSpace(wire.Command, environment, stackSoftLimit, found);
        Level? level = ParseLevel(wire.Level, found);
        CheckClaim(wire.Claim, found);
        CheckDirectory(wire.WorkingDirectory, found);
        ImageName? image = wire.Image is null or ImagePattern.Host ? null : ImageName.TryRead(wire.Image);
        if (wire.Image is not (null or ImagePattern.Host) && (image is null || !IsPrintable(wire.Image)))
            found.Add(new Fault("the image is neither 'host' nor a plain absolute path of at most 1,024 printable characters", "Name the image's directory, without '.', '..' and empty names; or oci:, oci-archive: or docker-archive: with such a path, and :TAG behind it where there are several."));
        if ((wire.Lend && wire.WorkingDirectory is null) || (wire.LendCredentials && !wire.Lend))
            found.Add(new Fault("a directory is to be lent and none is named", "Name it as the working directory, and say lend."));
        Limits limits = LimitsParser.Parse(wire.Limits, found);
        CheckTags(wire.Tags, found);
        FileExchange exchange = ExchangeParser.Parse(wire.Exchange, found);

        if (wire.Detach && !exchange.Out.IsEmpty)
            found.Add(new Fault("files are to be fetched after the ending of a payload that does not wait for its client", "Leave out detach or the files, or lend a directory."));

        faults = [.. found];
        if (found.Count > 0)
            return null;
        byte[] block = CommandBlock.Write(
            [.. wire.Command.Select(a => (ReadOnlyMemory<byte>)a)], [.. environment.Select(e => (ReadOnlyMemory<byte>)e)], wire.WorkingDirectory ?? []);
        return new ParsedRun(
            new PayloadRequest(id, pilot with { Claim = BatchClaims.Read(wire.Environment) }, level, wire.Claim, Strings(wire.Command), Strings(environment),
                wire.WorkingDirectory is { } directory ? Strings([directory])[0] : null, limits,
                wire.Tags.ToImmutableSortedDictionary(StringComparer.Ordinal))
            {
                Exchange = exchange,
                IsDetached = wire.Detach,
                Image = image,
                LendsDirectory = wire.Lend,
                LendsCredentials = wire.LendCredentials,
            },
            block);
    }

    private static ImmutableArray<ByteString> Strings(IEnumerable<byte[]> bytes)
        => [.. bytes.Select(b => ByteString.TryFrom(b, out ByteString text) ? text : throw new InvalidOperationException("a NUL that was checked for"))];

    private static void CheckCommand(IReadOnlyList<byte[]> command, List<Fault> faults)
    {
        if (command.Count == 0)
            faults.Add(new Fault("the command is empty", "Name a program: isolation run -- PROGRAM [ARGUMENT…]."));
        else if (command[0].Length == 0)
            faults.Add(new Fault("the command's name is empty", "Name a program."));
        for (int i = 0; i < command.Count; i++)
            _ = EnvironmentParser.IsWhole(command[i], $"argument {i}", faults);
    }

    private static void CheckSpace(IReadOnlyList<byte[]> command, List<byte[]> environment, long? stackSoftLimit, List<Fault> faults)
    {
        long filled = ArgumentSpace.Filled(command) + ArgumentSpace.Filled(environment), allowed = ArgumentSpace.Allowed(stackSoftLimit);
        if (filled > allowed)
            faults.Add(new Fault($"arguments and environment fill {filled} bytes; under this process's stack limit ({(stackSoftLimit is { } s ? $"{s} bytes" : "unlimited")}) at most {allowed} can be passed",
                "Shorten them, pass the rest in a file, or raise the stack limit (ulimit -s) before asking."));
    }

    private static Level? ParseLevel(string? name, List<Fault> faults)
    {
        if (name is null)
            return null;
        if (LevelNames.TryParse(name, out Level level))
            return level;
        faults.Add(new Fault($"there is no level \"{Cut(name)}\"", $"Levels are {string.Join(", ", LevelNames.All.Select(l => l.Name()))}; without one, policy chooses."));
        return null;
    }

    private static void CheckClaim(string? claim, List<Fault> faults)
    {
        if (claim is null)
            return;
        if (claim.Length is 0 or > MaxClaim)
            faults.Add(new Fault($"the claimed subject has {claim.Length} characters; 1 to {MaxClaim} are allowed", "Name a subject, or leave the claim out."));
        else if (!IsPrintable(claim))
            faults.Add(new Fault("the claimed subject holds control or invisible characters", "Write the subject in printable characters."));
    }

    private static void CheckDirectory(byte[]? directory, List<Fault> faults)
    {
        if (directory is null)
            return;
        if (directory.Length == 0 || directory[0] != (byte)'/')
            faults.Add(new Fault("the working directory is not an absolute path", "Start it with a slash, or leave it out for the payload's scratch."));
        if (directory.Length >= CommandBlock.MaxDirectory)
            faults.Add(new Fault($"the working directory has {directory.Length} bytes; at most {CommandBlock.MaxDirectory - 1} are allowed", "Use a shorter path."));
        if (Array.IndexOf(directory, (byte)0) >= 0)
            faults.Add(new Fault("the working directory holds a NUL byte", "No path can hold one."));
    }

    private static void CheckTags(IReadOnlyDictionary<string, string> tags, List<Fault> faults)
    {
        if (tags.Count > MaxTags)
            faults.Add(new Fault($"there are {tags.Count} tags; at most {MaxTags} are allowed", "Leave some out."));
        foreach ((string name, string value) in tags.Take(MaxTags))
        {
            if (name.Length is 0 or > MaxTagName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
                faults.Add(new Fault($"the tag name \"{Cut(name)}\" is not 1 to {MaxTagName} of A-Z a-z 0-9 _ . -", "Rename the tag."));
            if (value is null || value.Length > MaxTagValue)
                faults.Add(new Fault($"the value of tag \"{Cut(name)}\" has {value?.Length ?? 0} characters; a text of at most {MaxTagValue} is allowed", "Shorten it."));
        }
    }

    private static bool IsPrintable(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            // Unpaired surrogates are enumerated as U+FFFD, which nobody means.
            if (rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                return false;
        }

        return true;
    }

    private static string Cut(string text)
    {
        string printable = PrintableText.Of(text.Length <= 64 ? text : text[..64]);
        return text.Length <= 64 ? printable : printable + "…";
    }
}
