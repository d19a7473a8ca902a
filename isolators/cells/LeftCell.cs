using Isolation.Linux;

namespace Isolation.Cells;

/// <summary>What could not be removed with its cell, because processes of it were still there.</summary>
internal sealed class LeftCell(Leaf leaf, Scratch scratch) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    internal Leaf Leaf => leaf;

    /// <summary>Kills what is left and, once nothing is, removes leaf and scratch.</summary>
    /// <returns>True when both are gone.</returns>
    internal bool TryRemove()
    {
        try
        {
            if (!leaf.IsEmpty)
                leaf.KillAll();
            return leaf.IsEmpty && leaf.Remove() is null && scratch.Remove(Patience) is null;
        }
        catch (SyscallException)
        {
            return false; // the next look may find it otherwise
        }
    }

    /// <summary>Closes both.</summary>
    public void Dispose()
    {
        leaf.Dispose();
        scratch.Dispose();
    }
}
