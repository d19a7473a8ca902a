using System.Text;
using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The payload's scratch: a directory of its own in STATE/scratch, its account's alone, gone with the cell.</summary>
public sealed class Scratch : IDisposable
{
    private readonly CellHost _host;
    private readonly byte[] _name;
    private readonly Descriptor? _directory;
    private uint? _project;

    private Scratch(CellHost host, byte[] name, Descriptor? directory) => (_host, _name, _directory) = (host, name, directory);

    /// <summary>Its path, as the payload sees it.</summary>
    public string Path => $"{_host.ScratchPath}/{Encoding.ASCII.GetString(_name)}";

    /// <summary>The directory itself; stays this object's.</summary>
    /// <exception cref="SyscallException">It is gone.</exception>
    public Descriptor Directory => _directory ?? throw new SyscallException("open", Path, Errno.ENOENT);

    /// <summary>Makes it, which must be new, and gives it to the account.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="cell">Whose it is.</param>
    /// <param name="uid">The account's uid.</param>
    /// <param name="gid">Its gid.</param>
    /// <param name="limits">Its limits; none where the file system cannot hold them (<see cref="ScratchProjects.WhyNot"/>).</param>
    public static Scratch Create(CellHost host, Guid cell, uint uid, uint gid, Limits limits)
    {
        byte[] name = Encoding.ASCII.GetBytes(cell.ToString("D"));
        Sys.MakeDirectoryAt(host.Scratch, name, 0x1c0);
        CrashPoint.Reach("warden: scratch: made");
        Descriptor? directory = Sys.TryOpen(host.Scratch, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out int errno);
        if (directory is null)
        {
            _ = Sys.TryUnlink(host.Scratch, name, isDirectory: true, out _);
            throw new SyscallException("open", $"scratch/{cell:D}", errno);
        }

        Scratch scratch = new(host, name, directory);
        try
        {
            if (ScratchProjects.Of(limits) != LimitKinds.None)
                scratch._project = host.Projects.Bind(directory, limits);
            Sys.SetOwner(directory, uid, gid, $"scratch/{cell:D}");
            return scratch;
        }
        catch
        {
            _ = scratch.Remove(TimeSpan.FromSeconds(1));
            scratch.Dispose();
            throw;
        }
    }

    /// <summary>Finds the one that an earlier process has made; it may be gone.</summary>
    /// <param name="host">Where cells live.</param>
    /// <param name="cell">Whose it is.</param>
    public static Scratch Find(CellHost host, Guid cell)
    {
        byte[] name = Encoding.ASCII.GetBytes(cell.ToString("D"));
        Descriptor? directory = Sys.TryOpen(host.Scratch, name, Sys.O_RDONLY | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out int errno);
        if (directory is null && errno != Errno.ENOENT)
            throw new SyscallException("open", $"scratch/{cell:D}", errno);
        return new Scratch(host, name, directory) { _project = directory is null ? null : host.Projects.Keep(directory) };
    }

    /// <summary>A mount of it, attached nowhere: what a room with mounts of its own shows its payload.</summary>
    public Descriptor Mount()
    {
        Descriptor mount = Sys.CloneTree(Directory, Path);
        Sys.SetMountAttributes(mount, new MountAttributes { Set = MountAttributes.NoSetId | MountAttributes.NoDevices, Propagation = MountAttributes.Private }, Path);
        return mount;
    }

    /// <summary>Removes it with all that is in it, once nobody writes there; bounded in time.</summary>
    /// <returns>What could not be removed, or null.</returns>
    public string? Remove(TimeSpan within)
    {
        try
        {
            string? left = (_directory is null ? null : TreeRemoval.RemoveContent(_directory, _host.Clock.GetUtcNow() + within, _host.Clock))
                ?? (Sys.TryUnlink(_host.Scratch, _name, isDirectory: true, out int errno) || errno == Errno.ENOENT ? null : ErrnoText.Of(errno));
            if (left is null && _project is uint project)
            {
                _project = null;
                _host.Projects.Free(_host.Scratch, project);
            }

            return left;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    /// <summary>Closes the directory; it stays.</summary>
    public void Dispose() => _directory?.Dispose();
}
