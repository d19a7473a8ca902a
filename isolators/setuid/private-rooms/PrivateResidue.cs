using Isolation.Cells;
using Isolation.Core;

namespace Isolation.Isolators.Setuid;

/// <summary>What a payload of a private room can have left on the host: nothing but files in the places that the site leaves writable.</summary>
internal static class PrivateResidue
{
    private static readonly Finding NoIpc = new Finding.ProvenEmpty("ipc namespace");

    /// <summary>Remembers the writable places before the payload can write there.</summary>
    internal static Func<UserId, SharedPlaces> Watch(TimeProvider clock, PrivateRoomSettings settings)
    {
        if (settings.Writable.IsEmpty)
            return _ => new SharedPlaces(NoIpc, new Finding.ProvenEmpty("mount namespace, read-only"));
        AccountResidue residue = AccountResidue.Watch(clock, settings.Writable);
        return uid => new SharedPlaces(NoIpc, residue.Files(uid));
    }
}
