using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.CellInit;

/// <summary>What a payload brings into a room that has a mount namespace of its own: attached here, so that the host has nothing to undo.</summary>
internal static class OwnMounts
{
    /// <summary>Attaches and binds, and gives up the capability for it as soon as nothing needs it any more.</summary>
    /// <returns>Null, or what failed: the room is of no use then.</returns>
    internal static string? Arrange(EnterCell enter, CellDescriptors descriptors)
    {
        try
        {
            if (enter.Own is OwnRoom own)
            {
                for (int i = 0; i < own.Mounts.Length; i++)
                {
                    Sys.Attach(descriptors.Mounts[i], own.Mounts[i]);
                    descriptors.Mounts[i].Dispose();
                }

                foreach (RoomBind bind in own.Binds)
                {
                    using Descriptor source = Sys.Open(null, bind.Source, Sys.O_PATH | Sys.O_NOFOLLOW);
                    using Descriptor copy = Sys.CloneTree(source, bind.Source);
                    Sys.Attach(copy, bind.Target);
                }
            }

            if (enter.Own is not { OwnCgroups: true }) // the payload's child has a namespace to make
                Confinement.DropAdministration();
            return null;
        }
        catch (SyscallException e)
        {
            return e.Message;
        }
    }
}
