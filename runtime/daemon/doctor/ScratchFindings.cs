using System.Text;
using Isolation.Linux;

namespace Isolation.Daemon;

/// <summary>Whether scratches can be limited where they lie.</summary>
internal static class ScratchFindings
{
    private const string Fix = "Put the state directory on xfs mounted with the option prjquota, or on ext4 with the feature project (tune2fs -O project,quota -Q prjquota, unmounted) "
        + "mounted with prjquota.";

    /// <summary>Adds it.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="scratch">The directory of the scratches.</param>
    public static void Add(Diagnosis to, string scratch)
    {
        // A place is enough to ask about its file system, and nobody but root may read the directory.
        using Descriptor? place = Sys.TryOpen(null, Encoding.UTF8.GetBytes(scratch), Sys.O_PATH | Sys.O_DIRECTORY | Sys.O_NOFOLLOW, 0, out _);
        if (place is null)
            return;
        if (Sys.EnforcesProjectQuota(place, out int errno))
            to.Holds("mounts", $"limits of the scratch (scratch, scratch-files) are enforced: {scratch} has project quotas");
        else
            to.Note("mounts", $"a limit of the scratch (scratch, scratch-files) cannot be enforced: {scratch} has no project quotas{(errno == 0 ? "" : $" ({ErrnoText.Of(errno)})")}", Fix);
    }
}
