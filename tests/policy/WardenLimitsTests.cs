using System.Text;
using System.Text.Json;

namespace Isolation.Policy.Tests;

/// <summary>Promise: the warden's limits are the policy's accounts as numbers, and never hold root, the service, a pilot or an operator.</summary>
public sealed class WardenLimitsTests
{
    private static readonly string Both = Files.With(("  default: {",
        "  atlas: { pool: .atlas, per: identity }\n  rooms: { range: 3000000-3000099, ids-per-room: 2 }\n  default: {"));

    [Fact]
    public void The_file_is_numbers()
    {
        PolicySnapshot snapshot = Files.Snapshot(Both);
        var made = Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation"));
        using JsonDocument json = JsonDocument.Parse(made.File.ToJson());
        Assert.Equal(
            """{"version":1,"service":{"uid":990,"gid":990},"pilots":[5000,5001,5002],"accounts":[{"uid":6001,"gid":6000,"groups":[6500]},{"uid":6002,"gid":6000,"groups":[6500]},{"uid":6010,"gid":6000,"groups":[]}],"ranges":[{"first":2000000,"last":2000009}],"room":{"writable":[],"hidden":[],"devices":[],"temporaryBytes":4294967296,"sharedMemoryBytes":4294967296,"withoutNetwork":false,"nestedContainers":false},"binds":[],"lend":[],"epoch":"EPOCH","logOnly":false,"warmRooms":4,"rooms":{"first":3000000,"last":3000099,"perRoom":2},"containerWithoutNetwork":false,"containerUserNetwork":false,"containerRuntime":null,"images":["host"],"containersNest":false,"warmContainers":4,"imageCache":{"bytes":53687091200,"unusedSeconds":2592000,"imageBytes":21474836480,"imageFiles":1000000,"stepSeconds":1800}}""",
            JsonSerializer.Serialize(json.RootElement).Replace(snapshot.Epoch, "EPOCH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no", false)]
    [InlineData("allow", true)]
    public void Children_of_pilots_may_be_touched_only_where_the_site_allows_log_only(string answer, bool allowed)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("log-only: no", $"log-only: {answer}")));
        Assert.Equal(allowed, Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File.LogOnly);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("256", 256)]
    public void As_many_rooms_are_built_ahead_as_the_site_says(string warm, int expected)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("room: classic", $"room: classic, warm: {warm}")));
        Assert.Equal(expected, Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File.WarmRooms);
    }

    [Theory]
    [InlineData("warm: 0", 0, false)]
    [InlineData("warm: 256, nested-containers: allow", 256, true)]
    [InlineData("nested-containers: deny", 4, false)]
    public void As_many_containers_are_built_ahead_as_the_site_says_and_nest_where_it_lets_them(string section, int warm, bool nest)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("setuid: { room: classic }", $"container: {{ {section} }}")));
        WardenLimitsFile file = Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File;
        Assert.Equal((warm, nest), (file.WarmContainers, file.ContainersNest));
    }

    [Theory]
    [InlineData("builder: oci", null)]
    [InlineData("runtime: /usr/local/bin/crun", "/usr/local/bin/crun")]
    public void A_container_is_built_by_the_runtime_that_the_site_says(string section, string? runtime)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("setuid: { room: classic }", $"container: {{ {section} }}")));
        Assert.Equal(runtime, Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File.ContainerRuntime);
    }

    [Theory]
    [InlineData("pilot", false, false)]
    [InlineData("none", true, false)]
    [InlineData("user", true, true)]
    public void A_container_has_the_network_that_the_site_says(string network, bool without, bool user)
    {
        PolicySnapshot snapshot = Files.Snapshot(Files.With(("setuid: { room: classic }", $"container: {{ network: {network} }}")));
        WardenLimitsFile file = Assert.IsType<WardenLimits.Made>(WardenLimits.From(snapshot, Files.CleanHost, "isolation")).File;
        Assert.Equal((without, user), (file.ContainerWithoutNetwork, file.ContainerUserNetwork));
    }

    [Fact]
    public void Without_the_services_user_there_are_none()
        => Assert.Equal("the user 'nosuch' is not on this host", Assert.IsType<WardenLimits.NotMade>(WardenLimits.From(Files.Snapshot(Both), Files.CleanHost,
            "nosuch")).Why);

    [Fact]
    public void Root_is_no_service()
        => Assert.Equal("the user 'root' has uid or gid 0", Assert.IsType<WardenLimits.NotMade>(WardenLimits.From(Files.Snapshot(Both), Files.CleanHost,
            "root")).Why);

    [Fact]
    public void An_account_that_became_an_operator_since_the_check_is_refused()
    {
        HostFacts later = Files.CleanHost with { Groups = [.. Files.CleanHost.Groups, Files.Group("isolation-operators", 1601, "atlas2")] };
        Assert.StartsWith("the entry 'atlas' maps to uid 6002", Assert.IsType<WardenLimits.NotMade>(WardenLimits.From(Files.Snapshot(Both), later,
            "isolation")).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void The_service_itself_is_never_among_the_accounts()
    {
        HostFacts later = Files.CleanHost with { Accounts = [.. Files.CleanHost.Accounts, Files.Account("svc", 2000003, 2000003)] };
        Assert.IsType<WardenLimits.NotMade>(WardenLimits.From(Files.Snapshot(Both), later, "svc"));
    }
}
