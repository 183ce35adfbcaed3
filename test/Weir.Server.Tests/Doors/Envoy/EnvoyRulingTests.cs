namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyRulingTests
{
    private const string Shop =
        """
        domain: shop
        descriptors:
          - key: user
            rate_limit: { unit: minute, requests_per_unit: 2, name: per-user }
          - key: path
            rate_limit: { unit: hour, requests_per_unit: 3 }
          - key: banned
            rate_limit: { unit: second, requests_per_unit: 0 }
          - key: free
            rate_limit: { unlimited: true }
        """;

    [Fact]
    public void A_counter_allows_as_many_requests_as_the_rule_has_in_each_window()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("ok: ok 1", rig.Codes("shop", "user=anna"));
        Assert.Equal("ok: ok 0", rig.Codes("shop", "user=anna"));
        Assert.Equal("over: over 0", rig.Codes("shop", "user=anna"));
        Assert.Equal("ok: ok 1", rig.Codes("shop", "user=ben"));
        rig.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("ok: ok 1", rig.Codes("shop", "user=anna"));
    }

    [Fact]
    public void A_refused_request_spends_from_no_counter()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("ok: ok 1, ok 2", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("ok: ok 0, ok 1", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("over: over 0, ok 1", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("over: ok 1, over 0", rig.Codes("shop", "path=cart", "user=anna"));
        Assert.Equal("ok: ok 1, ok 0", rig.Codes("shop", "user=ben", "path=cart"));
    }

    [Fact]
    public void A_descriptor_without_a_rule_and_an_unknown_domain_are_allowed()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("ok: ok 0", rig.Codes("shop", "country=de"));
        Assert.Equal("ok: ok 0", rig.Codes("store", "user=anna"));
        Assert.Null(Assert.Single(rig.Decide("store", "user=anna").Statuses).Limit);
    }

    [Fact]
    public void No_requests_per_unit_refuse_everything_and_an_unlimited_rule_nothing()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("over: over 0", rig.Codes("shop", "banned=all"));
        Assert.Equal("ok: ok 4294967295", rig.Codes("shop", "free=all"));
    }
}
