using System.Text;
using Isolation.Linux;

namespace Isolation.Cli;

/// <summary>
/// What a program can read of a run (docs/protocol.md): one JSON object a line and state, <c>entered</c>, <c>running</c>,
/// <c>ended</c>. Opened with the caller's own rights. A reader that goes away changes nothing for the payload.
/// </summary>
internal sealed class StatusChannel
{
    private readonly Descriptor? _target;
    private JsonView _payload;
    private string _id = "";
    private string? _handle;

    /// <summary>One that nobody reads.</summary>
    public static readonly StatusChannel None = new(null);

    private StatusChannel(Descriptor? target) => _target = target;

    /// <summary>Opens what was asked for; a fault when that cannot be.</summary>
    public static StatusChannel Open(RunOptions options, ICollection<string> faults)
    {
        if (options.StatusDescriptor is int number)
        {
            // Asked before this process has opened anything that stays: the number can only be the caller's.
            if (Sys.IsOpen(number))
                return new StatusChannel(new Descriptor(number));
            faults.Add($"--status-fd {number} is not open. Fix: open it for the client, for example with {number}>FILE.");
        }
        else if (options.StatusFile is { } path)
        {
            // O_EXCL: an existing file could belong to, or be readable by, somebody who must not see the handle.
            const int create = Sys.O_WRONLY | Sys.O_CREAT | Sys.O_EXCL | Sys.O_NOFOLLOW | Sys.O_NOCTTY;
            Descriptor? file = Sys.TryOpen(null, path.Span, create, 0x180 /* 0600 */, out int errno);
            if (file is not null)
                return new StatusChannel(file);
            string name = Encoding.UTF8.GetString(path.Span);
            faults.Add(errno == Errno.EEXIST
                ? $"--status-file {name} exists already. Fix: remove it, or name a file that does not exist."
                : $"--status-file {name} cannot be made: {ErrnoText.Of(errno)}. Fix: name a file in a directory where you can write.");
        }

        return new StatusChannel(null);
    }

    /// <summary>The room was entered.</summary>
    public void Entered(string id, string handle)
    {
        (_id, _handle) = (id, handle);
        Write("entered", default, default);
    }

    /// <summary>The payload runs.</summary>
    public void Running(JsonView payload)
    {
        _payload = payload.Copy();
        Write("running", default, default);
    }

    /// <summary>It is over, or never began.</summary>
    public void Ended(string? id, JsonView ending, JsonView usage, JsonView outOfMemory = default)
    {
        _id = id ?? _id;
        Write("ended", ending, usage, outOfMemory);
    }

    /// <summary>An ending that only the client can tell.</summary>
    public void Ended(string kind, string why, bool? pilotMayRun = null)
    {
        if (_target is not null)
            Ended(null, OwnEnding(kind, why, pilotMayRun), default);
    }

    private static JsonView OwnEnding(string kind, string why, bool? pilotMayRun)
    {
        JsonText ending = new(256);
        ending.Raw("{\"kind\":"u8).Text(kind).Raw(",\"why\":"u8).Text(why);
        if (pilotMayRun is bool may)
            ending.Raw(",\"pilotMayRun\":"u8).Raw(may ? "true"u8 : "false"u8);
        return new JsonView(ending.Raw("}"u8).Written);
    }

    private void Write(string state, JsonView ending, JsonView usage, JsonView outOfMemory = default)
    {
        if (_target is null)
            return;
        JsonText line = new(1024);
        line.Raw("{\"id\":"u8).Text(_id).Raw(",\"state\":"u8).Text(state);
        if (_handle is not null)
            line.Raw(",\"handle\":"u8).Text(_handle);
        foreach ((string name, JsonView value) in _payload.Members)
        {
            if (name is not ("id" or "state" or "handle" or "ending" or "usage"))
                line.Raw(","u8).Text(name).Raw(":"u8).Raw(value.Json.Span);
        }

        if (!ending.IsMissing)
            line.Raw(",\"ending\":"u8).Raw(ending.Json.Span);
        if (!usage.IsMissing && !usage.IsNull)
            line.Raw(",\"usage\":"u8).Raw(usage.Json.Span);
        if (!outOfMemory.IsMissing && !outOfMemory.IsNull)
            line.Raw(",\"outOfMemory\":"u8).Raw(outOfMemory.Json.Span);
        line.Raw("}\n"u8);
        ReadOnlySpan<byte> rest = line.Written.Span;
        while (!rest.IsEmpty && Sys.TryWrite(_target, rest, out _) is int written and > 0)
            rest = rest[written..];
    }
}
