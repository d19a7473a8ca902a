using Isolation.Core;
using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>The scratch itself, on a mount that no tree has, with the payload account's files shown as the client's.</summary>
internal sealed class DirectoryExchange : ScratchExchange
{
    private DirectoryExchange(Descriptor directory) : base(ExchangeKind.Directory, directory) { }

    /// <summary>Null where the kernel or the file system cannot show ids differently.</summary>
    internal static DirectoryExchange? TryOpen(Scratch scratch, PidFd client, Account account)
    {
        ClientAccount shown = ClientAccount.Of(client);
        try
        {
            using Descriptor mapping = IdMapping.Create((account.Uid.Value, shown.Uid), (account.Gid.Value, shown.Gid));
            using Descriptor mount = Sys.CloneTree(scratch.Directory, "scratch");
            IdMapping.Apply(mount, mapping);
            return new DirectoryExchange(Sys.Open(mount, ".", Sys.O_RDONLY | Sys.O_DIRECTORY));
        }
        catch (SyscallException)
        {
            return null; // user namespaces may be forbidden here; copying needs none
        }
    }

    public override void EndInputs()
    {
    }

    public override void BeginCollection()
    {
    }

    private protected override void Close()
    {
    }
}
