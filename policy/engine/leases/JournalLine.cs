using System.Text.Json.Serialization;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>One line of the lease journal. Which parts are set depends on <see cref="Op"/>, one of the constants below.</summary>
internal sealed record JournalLine(string Op)
{
    /// <summary>What follows was written since that boot of the machine.</summary>
    public const string BootOp = "boot";

    /// <summary>An identity has that account of that entry for ever.</summary>
    public const string AssignOp = "assign";

    /// <summary>A payload has that account.</summary>
    public const string TakeOp = "take";

    /// <summary>A payload has it no longer.</summary>
    public const string FreeOp = "free";

    /// <summary>An account is kept back.</summary>
    public const string QuarantineOp = "quarantine";

    /// <summary>An account is kept back no longer.</summary>
    public const string ClearOp = "clear";

    /// <summary>Residue was found on an account that stays with its identity.</summary>
    public const string NotedOp = "noted";

    /// <summary>The account of an entry that was lent last.</summary>
    public const string CursorOp = "cursor";

    public string? Boot { get; init; }

    public Guid? Payload { get; init; }

    public string? Rule { get; init; }

    public string? Identity { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }

    public uint[]? Groups { get; init; }

    public string? Name { get; init; }

    public bool? Shared { get; init; }

    public DateTimeOffset? At { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string? Why { get; init; }

    public static JournalLine Take(Lease lease, DateTimeOffset at) => new JournalLine(TakeOp)
    {
        Payload = lease.Payload.Value,
        Rule = lease.Rule,
        Shared = lease.Shared,
        At = at,
    }.With(lease.Account);

    public static JournalLine Quarantine(Quarantined held) => new JournalLine(QuarantineOp)
    {
        Rule = held.Rule,
        At = held.Since,
        Until = held.Until,
        Why = held.Why,
    }.With(held.Account);

    public static JournalLine Noted(NotedResidue noted) => new JournalLine(NotedOp)
    {
        Rule = noted.Rule,
        At = noted.Since,
        Why = noted.Why,
    }.With(noted.Account);

    /// <summary>The account that the line describes in full.</summary>
    public Account Account() => new(new UserId(Part(Uid)), new GroupId(Part(Gid)), [.. (Groups ?? []).Select(g => new GroupId(g))], Name);

    /// <summary>A part that a line of this kind has.</summary>
    /// <exception cref="InvalidDataException">It has not.</exception>
    public T Part<T>(T? part) where T : struct => part ?? throw new InvalidDataException($"a line '{Op}' lacks a part");

    /// <inheritdoc cref="Part{T}(T?)"/>
    public string Part(string? part) => part ?? throw new InvalidDataException($"a line '{Op}' lacks a part");

    private JournalLine With(Account account) => this with
    {
        Uid = account.Uid.Value,
        Gid = account.Gid.Value,
        Groups = [.. account.Groups.Select(g => g.Value)],
        Name = account.Name,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JournalLine))]
internal sealed partial class JournalJson : JsonSerializerContext;
