namespace Isolation.Wire;

/// <summary>Body of the answer to <see cref="WardenOperation.Probe"/>.</summary>
/// <param name="Kinds">The kinds of room that work; empty when none does.</param>
/// <param name="Cause">Of those that do not: what was tried and seen.</param>
/// <param name="Fix">If none: what an administrator can do.</param>
public sealed record ProbedLevel(string[] Kinds, string Cause, string Fix)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.U32((uint)Kinds.Length);
        foreach (string kind in Kinds)
            to.Text(kind);
        to.Text(Cause).Text(Fix);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ProbedLevel Read(MessageReader from)
    {
        string[] kinds = new string[from.Count(16)];
        for (int i = 0; i < kinds.Length; i++)
            kinds[i] = from.Text(32);
        var probed = new ProbedLevel(kinds, from.Text(WardenProtocol.MaxText), from.Text(WardenProtocol.MaxText));
        from.End();
        return probed;
    }
}

/// <summary>Body of the answer to <see cref="WardenOperation.Resolve"/>: cell-init's resolution, and the digest.</summary>
/// <param name="Resolution">What was found.</param>
/// <param name="Digest">SHA-256 of the file, 32 bytes, or empty.</param>
/// <param name="WhyNoDigest">If empty: why.</param>
public sealed record ResolvedInRoom(CellResolution Resolution, byte[] Digest, string WhyNoDigest)
{
    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.Bytes(Digest).Text(WhyNoDigest);
        Resolution.Write(to);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ResolvedInRoom Read(MessageReader from)
    {
        byte[] digest = from.Bytes(Sha256.Size);
        string why = from.Text(512);
        return new ResolvedInRoom(CellResolution.Read(from), digest, why);
    }
}

/// <summary>Body of the answer to <see cref="WardenOperation.Start"/>.</summary>
/// <param name="Pid">The main process, or 0.</param>
/// <param name="Step">If 0: the name of the step that failed, or <c>client-gone</c>.</param>
/// <param name="Errno">If 0: the kernel's answer.</param>
public sealed record StartedInRoom(int Pid, string Step, int Errno)
{
    /// <summary>It was told to start, and nobody knows what came of it: its ending says.</summary>
    public static readonly StartedInRoom Unseen = new(0, "", 0);

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to) => to.I32(Pid).Text(Step).I32(Errno);

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static StartedInRoom Read(MessageReader from)
    {
        var started = new StartedInRoom(from.I32(), from.Text(64), from.I32());
        from.End();
        return started;
    }
}

/// <summary>Body of the answer to <see cref="WardenOperation.Destroy"/>: a finding each for processes, cgroups, IPC, files, scratch.</summary>
/// <param name="Findings">Five, in that order.</param>
public sealed record DestroyedCell(WireFinding[] Findings)
{
    /// <summary>How many kinds of residue there are.</summary>
    public const int Kinds = 5;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        foreach (WireFinding finding in Findings)
            to.U8((byte)finding.Kind).Text(finding.Detail);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static DestroyedCell Read(MessageReader from)
    {
        var findings = new WireFinding[Kinds];
        for (int i = 0; i < Kinds; i++)
        {
            var kind = (FindingKind)from.U8();
            if (!Enum.IsDefined(kind))
                throw new WireException("a finding of no known kind");
            findings[i] = new WireFinding(kind, from.Text(WardenProtocol.MaxText));
        }

        from.End();
        return new DestroyedCell(findings);
    }
}

/// <summary>What is known of one kind of residue.</summary>
public sealed record WireFinding(FindingKind Kind, string Detail);

/// <summary>How something is known of one kind of residue.</summary>
public enum FindingKind : byte
{
    /// <summary>Nothing left, proven.</summary>
    ProvenEmpty = 1,

    /// <summary>Looked for, nothing found.</summary>
    NothingFound = 2,

    /// <summary>Something left.</summary>
    Found = 3,

    /// <summary>Not provable here.</summary>
    NotProvable = 4,
}

/// <summary>Body of the answer to <see cref="WardenOperation.List"/>.</summary>
public sealed record ListedRooms(ListedRoom[] Rooms)
{
    /// <summary>The most rooms told in one answer; <see cref="Total"/> counts all.</summary>
    public const int Most = 1000;

    /// <summary>How many rooms there are.</summary>
    public int Total { get; init; } = Rooms.Length;

    /// <summary>Writes the body.</summary>
    public void Write(MessageWriter to)
    {
        to.U32((uint)Total).U32((uint)Rooms.Length);
        foreach (ListedRoom room in Rooms)
            to.Id(room.Cell).U8((byte)room.State);
    }

    /// <summary>Reads the body.</summary>
    /// <exception cref="WireException">It is not one.</exception>
    public static ListedRooms Read(MessageReader from)
    {
        int total = from.Count(int.MaxValue);
        var rooms = new ListedRoom[from.Count(Most)];
        for (int i = 0; i < rooms.Length; i++)
        {
            rooms[i] = new ListedRoom(from.Id(), (RoomState)from.U8());
            if (!Enum.IsDefined(rooms[i].State))
                throw new WireException("a room of no known state");
        }

        from.End();
        return new ListedRooms(rooms) { Total = total };
    }
}

/// <summary>One room.</summary>
public readonly record struct ListedRoom(Guid Cell, RoomState State);

/// <summary>How far a room is.</summary>
public enum RoomState : byte
{
    /// <summary>Built and empty.</summary>
    Built = 1,

    /// <summary>A payload has entered.</summary>
    Entered = 2,

    /// <summary>Its payload runs.</summary>
    Running = 3,

    /// <summary>Its payload has ended; the ticket keeps the ending.</summary>
    Ended = 4,
}
