using Isolation.Core;

namespace Isolation.Policy;

/// <summary>A lease that has not ended.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Since">When it was taken.</param>
public sealed record HeldLease(Lease Lease, DateTimeOffset Since);

/// <summary>An account that is kept back because something was left behind on it.</summary>
/// <param name="Account">The account.</param>
/// <param name="Rule">The entry under <c>accounts</c> that it was leased from.</param>
/// <param name="Since">Since when.</param>
/// <param name="Until">Until when; null: until an operator clears it.</param>
/// <param name="Why">What was found.</param>
public sealed record Quarantined(Account Account, string Rule, DateTimeOffset Since, DateTimeOffset? Until, string Why);

/// <summary>Residue on an account that stays with its identity: the last that was found there.</summary>
/// <param name="Account">The account.</param>
/// <param name="Rule">The entry under <c>accounts</c>.</param>
/// <param name="Since">When it was found.</param>
/// <param name="Why">What was found.</param>
public sealed record NotedResidue(Account Account, string Rule, DateTimeOffset Since, string Why);
