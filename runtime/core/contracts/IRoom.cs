namespace Isolation.Core;

/// <summary>A place where one payload can run, built and still empty. Disposing detaches; it never destroys.</summary>
public interface IRoom : IAsyncDisposable
{
    /// <summary>What it was built to.</summary>
    RoomPlan Plan { get; }

    /// <summary>Gives the room to a payload, once. Whatever comes of it but <see cref="EnterResult.Entered"/> destroys the room.</summary>
    /// <exception cref="SetupException">A step failed.</exception>
    Task<EnterResult> EnterAsync(Entry entry, CancellationToken ct);

    /// <summary>Removes the empty room.</summary>
    Task<Residue> DestroyAsync(TimeSpan grace);
}
