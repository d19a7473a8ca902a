using System.Collections.Immutable;

namespace Isolation.Linux;

/// <summary>One change of a mount namespace, done by a child between clone3 and exec: closed, so that the child needs to know no case.</summary>
public abstract record MountStep
{
    private MountStep() { }

    /// <summary>For messages: the call and its target.</summary>
    public string Name => this switch
    {
        Propagate to => $"mount({to.Kind} propagation of everything)",
        Detach from => $"umount({from.Target})",
        Attach at => $"move_mount({at.Target})",
        Bind at => $"mount({at.Source} at {at.Target})",
        New at => $"mount({at.Type} at {at.Target})",
        Protect of => $"mount_setattr({of.Target})",
        Groups => "setgroups",
        FileGroup => "setfsgid",
        FileUser => "setfsuid",
        Find what => $"openat2({what.Path})",
        Copy of => $"open_tree({of.Path})",
        Overlay at => $"mount(overlay at {at.Target})",
        _ => "a step of no kind",
    };

    /// <summary>The propagation of every mount of the namespace.</summary>
    public sealed record Propagate(MountPropagation Kind) : MountStep;

    /// <summary>Takes away what is mounted at a path; nothing mounted there is no failure.</summary>
    public sealed record Detach(string Target) : MountStep;

    /// <summary>Attaches a detached mount; borrowed until the start is over.</summary>
    public sealed record Attach(Descriptor Mount, string Target) : MountStep;

    /// <summary>Shows a tree of this namespace at another path, or makes it a mount of its own.</summary>
    public sealed record Bind(string Source, string Target) : MountStep
    {
        /// <summary>Where either is not there, or they are not of one kind, nothing is shown, and that is no failure.</summary>
        public bool IfThere { get; init; }
    }

    /// <summary>A new instance of a file system that belongs to the child's own namespaces: proc, mqueue, sysfs. Always nosuid, nodev and noexec.</summary>
    public sealed record New(string Type, string Target, string Options) : MountStep;

    /// <summary>The child's supplementary groups from here on.</summary>
    public sealed record Groups(ImmutableArray<uint> Ids) : MountStep;

    /// <summary>The gid by which file systems know the child from here on.</summary>
    public sealed record FileGroup(uint Gid) : MountStep;

    /// <summary>The uid by which file systems know the child from here on: one other than 0 has no capability over files (capabilities(7)).</summary>
    public sealed record FileUser(uint Uid) : MountStep;

    /// <summary>
    /// Opens a directory or a file, whose file system may never answer: nobody but the child waits for it. What is opened takes the place of a descriptor that the child has.
    /// </summary>
    /// <param name="Place">That descriptor; borrowed until the start is over. What it was before is of no account.</param>
    /// <param name="Path">What is opened. Where it is not to be left, relative to it, and no link leads out of it.</param>
    /// <param name="IsWithin">Look in the directory that was opened there before, and nowhere else (openat2(2), RESOLVE_BENEATH).</param>
    public sealed record Find(Descriptor Place, string Path, bool IsWithin) : MountStep
    {
        /// <summary>What is looked for need not be a directory.</summary>
        public bool IsFile { get; init; }
    }

    /// <summary>Takes a copy of the mount of what was found, attached nowhere, into its place.</summary>
    /// <param name="Place">As of <see cref="Find"/>.</param>
    /// <param name="Path">What it is, for messages.</param>
    public sealed record Copy(Descriptor Place, string Path) : MountStep;

    /// <summary>A tree of two layers, of which only the upper one changes. Always nosuid and nodev; where the lower one says that a directory of it is elsewhere, or a file's content, that is not heeded.</summary>
    /// <param name="Lower">The lower layer.</param>
    /// <param name="Upper">The upper layer.</param>
    /// <param name="Work">An empty directory beside the upper one.</param>
    /// <param name="Target">Where it is attached.</param>
    public sealed record Overlay(string Lower, string Upper, string Work, string Target) : MountStep;

    /// <summary>Attributes of the mounts at and below a path; of <see cref="MountAttributes"/>.</summary>
    public sealed record Protect(string Target, ulong Set, ulong Clear) : MountStep
    {
        /// <summary>Where nothing is mounted there, that is no failure.</summary>
        public bool IfThere { get; init; }
    }
}

/// <summary>How mounts of a namespace hear of those made elsewhere (mount_namespaces(7)).</summary>
public enum MountPropagation
{
    /// <summary>What is mounted in the namespace it was copied from appears, nothing goes back.</summary>
    Slave,

    /// <summary>What is mounted here appears in its copies.</summary>
    Shared,
}
