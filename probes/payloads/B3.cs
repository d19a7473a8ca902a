using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>B3.</summary>
internal static class B3
{
    public static readonly Probe Probe = new("B3", "read or write the victim's scratch by path, by a guessed name, through /proc, by file handle", Run);

    private static void Run(Attack attack)
    {
        Target target = attack.Target;
        attack.Read(target["victim.proxy"]);
        attack.Refused("write into " + target["victim.proxy"], Kernel.TryOpen(target["victim.proxy"], Sys.O_WRONLY));
        if (IsOwn(target["victim.dir"]))
            attack.Held($"go to {target["victim.dir"]}, the victim's scratch", "that path is its own scratch here");
        else
            EnterIt(attack, target);

        foreach (string key in new[] { "victim.hostpid", "victim.pid" })
        {
            int pid = target.Number(key);
            if (!Foreign.MayBe(target, "victim", pid))
                attack.Held($"go through /proc/{pid}", "that number is somebody else here");
            else
                foreach (string way in new[] { "root" + target["victim.proxy"], "cwd/x509up", $"fd/{target["victim.fd"]}", "environ" })
                    attack.Read($"/proc/{pid}/{way}");
            if (Foreign.MayBe(target, "victim", pid))
                A3.Memory(attack, pid, "victim");
        }

        Siblings(attack, Path.GetDirectoryName(Directory.GetCurrentDirectory()) ?? "/");
        ByHandle(attack);
    }

    /// <summary>Whether a path that somebody else knows is this payload's own scratch: every room can have it at the same place.</summary>
    public static bool IsOwn(string path) => path == Directory.GetCurrentDirectory() && !File.Exists(path + "/x509up");

    private static void EnterIt(Attack attack, Target target)
    {
        nint made = Kernel.TryOpen(target["victim.dir"] + "/planted", Sys.O_WRONLY | Sys.O_CREAT, 0x180);
        attack.Refused("make a file in " + target["victim.dir"], made);
        if (made >= 0)
            Kernel.Remove(target["victim.dir"] + "/planted");
        attack.Refused("list " + target["victim.dir"], Kernel.TryOpen(target["victim.dir"], Sys.O_RDONLY | Sys.O_DIRECTORY));
    }

    private static void Siblings(Attack attack, string parent)
    {
        string own = Path.GetFileName(Directory.GetCurrentDirectory());
        // Scratches are named by their payloads' ids; what else is there is the room's.
        string[] others = [.. Kernel.Names(parent).Where(n => n != own && Guid.TryParse(n, out _))];
        if (parent == "/" || parent == "/tmp")
            attack.Missing("list what lies beside its own scratch", $"its working directory is {Directory.GetCurrentDirectory()}");
        else if (others.Length > 0)
            attack.Broke("list what lies beside its own scratch", string.Join(' ', others));
        else
            attack.Held("list what lies beside its own scratch", "nothing is shown");
    }

    // The root of a file system has a handle that is known beforehand: 32 bits of inode, 32 bits of generation.
    private static void ByHandle(Attack attack)
    {
        foreach (string place in new[] { "/", ".", "/tmp" })
        {
            using NativeBuffer handle = new(8 + 128), mount = new(4), name = new(".");
            handle.Int(0) = 128;
            nint directory = Kernel.Open(place, Sys.O_RDONLY | Sys.O_DIRECTORY);
            nint made = KernelCall.Invoke(Nr.name_to_handle_at, directory, name.Address, handle.Address, mount.Address, 0);
            if (made < 0)
            {
                handle.Int(0) = 8;
                handle.Int(4) = 1;
                handle.Int(8) = 2;
            }

            attack.Refused($"open_by_handle_at on the file system of {place}", KernelCall.Invoke(Nr.open_by_handle_at, directory, handle.Address, Sys.O_RDONLY));
        }
    }
}
