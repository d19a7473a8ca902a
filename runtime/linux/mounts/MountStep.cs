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
        _ => "a step of no kind",
    };

    /// <summary>The propagation of every mount of the namespace.</summary>
    public sealed record Propagate(MountPropagation Kind) : MountStep;

    /// <summary>Takes away what is mounted at a path; nothing mounted there is no failure.</summary>
    public sealed record Detach(string Target) : MountStep;

    /// <summary>Attaches a detached mount; borrowed until the start is over.</summary>
    public sealed record Attach(Descriptor Mount, string Target) : MountStep;

    /// <summary>Shows a tree of this namespace at another path, or makes it a mount of its own.</summary>
    public sealed record Bind(string Source, string Target) : MountStep;

    /// <summary>A new instance of a file system that belongs to the child's own namespaces: proc, mqueue, sysfs. Always nosuid, nodev and noexec.</summary>
    public sealed record New(string Type, string Target, string Options) : MountStep;

    /// <summary>Attributes of the mounts at and below a path; of <see cref="MountAttributes"/>.</summary>
    public sealed record Protect(string Target, ulong Set, ulong Clear) : MountStep;
}

/// <summary>How mounts of a namespace hear of those made elsewhere (mount_namespaces(7)).</summary>
public enum MountPropagation
{
    /// <summary>What is mounted in the namespace it was copied from appears, nothing goes back.</summary>
    Slave,

    /// <summary>What is mounted here appears in its copies.</summary>
    Shared,
}
