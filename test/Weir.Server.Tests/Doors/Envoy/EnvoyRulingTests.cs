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

    [Fact]
    public void Windows_begin_at_multiples_of_their_length_since_the_epoch()
    {
        using var rig = new EnvoyRig(OfUnits(1));
        // 2026-01-01T00:00:00Z is day 20,454 of Unix time.
        long[] expected = [1, 60, 3_600, 86_400, 86_400 * (7 - (20_454 % 7)), 86_400 * (30 - (20_454 % 30)),
            86_400 * (365 - (20_454 % 365))];
        string[] units = ["second", "minute", "hour", "day", "week", "month", "year"];
        Assert.Equal(expected, units.Select(unit => rig.Decide("units", $"{unit}=x").Statuses[0].SecondsLeft!.Value));
        foreach (var (unit, seconds) in units.Zip(expected))
        {
            using var other = new EnvoyRig(OfUnits(1));
            Assert.Equal("ok: ok 0", other.Codes("units", $"{unit}=x"));
            other.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Equal("over: over 0", other.Codes("units", $"{unit}=x"));
            Assert.Equal(1, other.Decide("units", $"{unit}=x").Statuses[0].SecondsLeft);
            other.Time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal("ok: ok 0", other.Codes("units", $"{unit}=x"));
        }
    }

    [Fact]
    public void Values_of_a_shared_pattern_spend_from_one_counter_and_others_from_their_own()
    {
        using var rig = new EnvoyRig(
            """
            domain: disk
            descriptors:
              - { key: a, value: x*, share_threshold: true, rate_limit: { unit: day, requests_per_unit: 2 } }
              - { key: b, value: x*, rate_limit: { unit: day, requests_per_unit: 2 } }
            """);
        Assert.Equal("ok: ok 1", rig.Codes("disk", "a=x1"));
        Assert.Equal("ok: ok 0", rig.Codes("disk", "a=x2"));
        Assert.Equal("ok: ok 1", rig.Codes("disk", "b=x1"));
        Assert.Equal("ok: ok 1", rig.Codes("disk", "b=x2"));
    }

    [Fact]
    public void A_rule_replaces_rules_by_name_within_a_request()
    {
        using var rig = new EnvoyRig(
            """
            domain: shop
            descriptors:
              - { key: user, rate_limit: { unit: day, requests_per_unit: 1, name: per-user } }
              - { key: vip, rate_limit: { unit: day, requests_per_unit: 9, replaces: [{ name: per-user }] } }
              - { key: free, rate_limit: { unlimited: true, replaces: [{ name: per-user }] } }
            """);
        Assert.Equal("ok: ok 0, ok 8", rig.Codes("shop", "user=anna", "vip=anna"));
        Assert.Equal("ok: ok 7, ok 0", rig.Codes("shop", "vip=anna", "user=anna"));
        Assert.Equal("ok: ok 0, ok 4294967295", rig.Codes("shop", "user=anna", "free=anna"));
        Assert.Equal("ok: ok 0", rig.Codes("shop", "user=anna"));
        Assert.Equal("over: over 0", rig.Codes("shop", "user=anna"));
    }

    [Fact]
    public void A_rule_in_shadow_mode_counts_and_refuses_nobody()
    {
        using var rig = new EnvoyRig(
            """
            domain: shop
            descriptors:
              - { key: user, shadow_mode: true, rate_limit: { unit: day, requests_per_unit: 1 } }
              - { key: path, rate_limit: { unit: day, requests_per_unit: 5 } }
            """);
        Assert.Equal("ok: ok 0, ok 4", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("ok: ok 0, ok 3", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("ok: ok 0", rig.Codes("shop", "user=anna"));
    }

    private const string Quotas =
        """
        domain: ai
        descriptors:
          - { key: a, quota_mode: true, rate_limit: { unit: day, requests_per_unit: 1 } }
          - { key: b, quota_mode: true, rate_limit: { unit: day, requests_per_unit: 2 } }
          - { key: user, rate_limit: { unit: day, requests_per_unit: 4 } }
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Quota_rules_refuse_a_request_only_together(bool chargeAll)
    {
        using var rig = new EnvoyRig(Quotas, chargeAll);
        Assert.Equal("ok: ok 0, ok 1, ok 3", rig.Codes("ai", "a=1", "b=1", "user=anna"));
        Assert.Equal("ok: over 0, ok 0, ok 2", rig.Codes("ai", "a=1", "b=1", "user=anna"));
        Assert.Equal("over: over 0, over 0", rig.Codes("ai", "a=1", "b=1"));
        Assert.Equal("over: over 0", rig.Codes("ai", "a=1"));
        Assert.Equal(
            chargeAll ? "over: over 0, over 0, ok 1" : "over: over 0, over 0, ok 2",
            rig.Codes("ai", "a=1", "b=1", "user=anna"));
    }

    [Fact]
    public void Each_descriptor_is_decided_by_itself_if_all_are_charged()
    {
        using var rig = new EnvoyRig(Shop, chargeAll: true);
        Assert.Equal("ok: ok 1, ok 2", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("ok: ok 0, ok 1", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("over: over 0, ok 0", rig.Codes("shop", "user=anna", "path=cart"));
        Assert.Equal("over: over 0", rig.Codes("shop", "path=cart"));
    }

    [Fact]
    public void Hits_that_do_not_fit_use_a_window_up_only_if_all_are_charged()
    {
        var descriptor = new EnvoyDescriptor(Configs.Entries("path=cart"));
        using var together = new EnvoyRig(Shop);
        Assert.Equal("over: over 3", EnvoyRig.Spell(together.Decide("shop", 4, descriptor)));
        Assert.Equal("ok: ok 0", EnvoyRig.Spell(together.Decide("shop", 3, descriptor)));
        using var each = new EnvoyRig(Shop, chargeAll: true);
        Assert.Equal("over: over 0", EnvoyRig.Spell(each.Decide("shop", 4, descriptor)));
        Assert.Equal("over: over 0", EnvoyRig.Spell(each.Decide("shop", 1, descriptor)));
        Assert.Equal("over: over 0", EnvoyRig.Spell(each.Decide("shop", 1, descriptor with { Hits = 0 })));
    }

    [Fact]
    public void No_hits_of_a_descriptor_are_a_check()
    {
        var check = new EnvoyDescriptor(Configs.Entries("user=anna"), Hits: 0);
        var take = new EnvoyDescriptor(Configs.Entries("path=cart"), Hits: 2);
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("ok: ok 2, ok 1", EnvoyRig.Spell(rig.Decide("shop", 1, check, take)));
        Assert.Equal("ok: ok 2", EnvoyRig.Spell(rig.Decide("shop", 0, check)));
        rig.Decide("shop", 2, new EnvoyDescriptor(Configs.Entries("user=anna")));
        Assert.Equal("over: over 0, ok 1", EnvoyRig.Spell(rig.Decide("shop", 1, check, take with { Hits = 1 })));
        Assert.Equal("ok: ok 0", EnvoyRig.Spell(rig.Decide("shop", 1, take with { Hits = 1 })));
    }

    [Fact]
    public void Hits_of_the_request_are_1_if_they_are_0_and_a_descriptors_own_come_first()
    {
        using var rig = new EnvoyRig(Shop);
        var plain = new EnvoyDescriptor(Configs.Entries("path=cart"));
        Assert.Equal("ok: ok 2", EnvoyRig.Spell(rig.Decide("shop", 0, plain)));
        Assert.Equal("ok: ok 0", EnvoyRig.Spell(rig.Decide("shop", 9, plain with { Hits = 2 })));
    }

    [Fact]
    public void Descriptors_with_the_same_counter_spend_together()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal("ok: ok 0, ok 0", rig.Codes("shop", "user=anna", "user=anna"));
        Assert.Equal("over: over 2, over 2, over 2", rig.Codes("shop", "user=ben", "user=ben", "user=ben"));
        Assert.Equal("ok: ok 1", rig.Codes("shop", "user=ben"));
    }

    [Fact]
    public void The_limit_of_a_descriptor_overrides_the_rule_and_is_not_shadowed()
    {
        using var rig = new EnvoyRig(
            """
            domain: d
            descriptors: [{ key: k, shadow_mode: true, rate_limit: { unit: day, requests_per_unit: 9 } }]
            """);
        var descriptor = new EnvoyDescriptor(Configs.Entries("k=v"), new EnvoyOverride(1, EnvoyUnit.Minute));
        var first = rig.Decide("d", 1, descriptor);
        Assert.Equal("ok: ok 0", EnvoyRig.Spell(first));
        Assert.Equal(new EnvoyLimit(1, EnvoyUnit.Minute), first.Statuses[0].Limit);
        Assert.Equal("over: over 0", EnvoyRig.Spell(rig.Decide("d", 1, descriptor)));
        Assert.Equal("ok: ok 0", EnvoyRig.Spell(rig.Decide("unknown", 1, descriptor)));
        var wrong = rig.Decide("d", 1, descriptor with { Limit = new EnvoyOverride(1, EnvoyUnit.Unknown) });
        Assert.Equal("descriptors[0].limit.unit", wrong.Complaint!.Field);
    }

    [Fact]
    public void A_request_that_cannot_be_decided_names_the_field()
    {
        using var rig = new EnvoyRig(
            "{ domain: d, descriptors: [{ key: k, rate_limit: { unit: day, requests_per_unit: 9 } }] }");
        var plain = new EnvoyDescriptor(Configs.Entries("k=v"));
        Assert.Equal("domain", rig.Decide("", "k=v").Complaint!.Field);
        Assert.Equal("descriptors", rig.Decide("d").Complaint!.Field);
        Assert.Equal("hits_addend", rig.Decide("d", uint.MaxValue, plain).Complaint!.Field);
        Assert.Equal(
            "descriptors[0].hits_addend",
            rig.Decide("d", 1, plain with { Hits = ulong.MaxValue }).Complaint!.Field);
        string[] many = [.. Enumerable.Range(0, 17).Select(i => $"k={i}")];
        Assert.Equal("descriptors", rig.Decide("d", many).Complaint!.Field);
        Assert.Equal(EnvoyCode.Ok, rig.Decide("d", many[1..]).Code);
    }

    [Fact]
    public void Entries_of_any_length_and_characters_have_their_own_counters()
    {
        using var rig = new EnvoyRig(
            """
            domain: "any: thing / at all"
            descriptors:
              - key: k
                rate_limit: { unit: day, requests_per_unit: 1 }
                descriptors: [{ key: l, rate_limit: { unit: day, requests_per_unit: 1 } }]
            """);
        const string Domain = "any: thing / at all";
        string end = new('x', 300);
        foreach (EnvoyEntry[] entries in (EnvoyEntry[][])
            [
                [new("k", "a|l=b")], [new("k", "a"), new("l", "b")], [new("k", "é" + end)], [new("k", "è" + end)],
                [new("k", "")],
            ])
        {
            Assert.Equal("ok: ok 0", EnvoyRig.Spell(rig.Decide(Domain, 1, new EnvoyDescriptor(entries))));
            Assert.Equal("over: over 0", EnvoyRig.Spell(rig.Decide(Domain, 1, new EnvoyDescriptor(entries))));
        }
    }

    [Fact]
    public void Metadata_of_the_rules_that_allow_a_request_is_merged()
    {
        using var rig = new EnvoyRig(
            """
            domain: d
            descriptors:
              - key: a
                rate_limit: { unit: day, requests_per_unit: 1 }
                metadata: { one: 1, in: { a: true, text: "1" }, list: [x, null] }
              - { key: b, rate_limit: { unit: day, requests_per_unit: 2 }, metadata: { one: 2, in: { b: no } } }
            """);
        Assert.Equal(
            """{"one":1,"in":{"a":true,"text":"1","b":"no"},"list":["x",null]}""",
            rig.Decide("d", "a=1", "b=1").Metadata!.ToJsonString());
        Assert.Equal("""{"one":2,"in":{"b":"no"}}""", rig.Decide("d", "a=1", "b=1").Metadata!.ToJsonString());
        Assert.Null(rig.Decide("d", "c=1").Metadata);
    }

    [Fact]
    public void The_governing_status_refuses_or_has_the_fewest_requests_left()
    {
        using var rig = new EnvoyRig(Shop);
        Assert.Equal(1, rig.Decide("shop", "path=cart", "user=anna", "free=x").Governing);
        Assert.Equal(2, rig.Decide("shop", "path=cart", "user=anna", "banned=x").Governing);
        Assert.Equal(-1, rig.Decide("shop", "free=x").Governing);
    }

    private static string OfUnits(int requests) => "domain: units\ndescriptors:\n" + string.Concat(
        Enum.GetNames<EnvoyUnit>()[1..].Select(unit => unit.ToLowerInvariant()).Select(unit =>
            $"  - {{ key: {unit}, rate_limit: {{ unit: {unit}, requests_per_unit: {requests} }} }}\n"));
}
