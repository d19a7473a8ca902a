namespace Isolation.Core;

/// <summary>The loan of an account to one payload.</summary>
/// <param name="Payload">The borrower.</param>
/// <param name="Account">What is lent.</param>
/// <param name="Rule">The entry under <c>accounts:</c> it comes from.</param>
/// <param name="Shared">True when other payloads of the same identity may hold the same account now.</param>
public sealed record Lease(PayloadId Payload, Account Account, string Rule, bool Shared);
