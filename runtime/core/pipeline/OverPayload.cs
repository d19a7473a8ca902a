namespace Isolation.Core;

/// <summary>A payload whose ending is on record.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Uid">Its pilot's uid.</param>
/// <param name="Job">The job that its pilot was in.</param>
/// <param name="HandleDigest">SHA-256 of its handle, hexadecimal.</param>
/// <param name="Result">What came of it.</param>
public sealed record OverPayload(PayloadId Id, UserId Uid, JobKey Job, string HandleDigest, PayloadResult Result)
{
    /// <summary>True for who may know it as its owner: same uid, same batch job, and the handle.</summary>
    public bool BelongsTo(Pilot peer, string? shownHandle) => peer.Uid == Uid && peer.Job == Job && Handle.IsOf(HandleDigest, shownHandle);
}
