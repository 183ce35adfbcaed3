using Microsoft.Extensions.Primitives;
using Weir.Testing;

namespace Weir.Server.Tests.Auth;

public sealed class KeyRingTests
{
    [Fact]
    public void A_key_is_found_by_its_secret_and_by_no_other()
    {
        string[] secrets = [.. Enumerable.Range(0, 100).Select(_ => KeySecret.New())];
        var ring = new KeyRing(secrets.Select((secret, i) => SomeKey.Of(secret, $"k_{i}")));
        for (int i = 0; i < secrets.Length; i++)
            Assert.Equal($"k_{i}", ring.Find($"Bearer {secrets[i]}", Some.Clock())?.Id);
        foreach (string wrong in new[] { secrets[0][..^1], secrets[0] + "0", secrets[0].ToUpperInvariant(), Convert.ToHexStringLower(KeySecret.HashOf(secrets[0])) })
            Assert.Null(ring.Find($"Bearer {wrong}", Some.Clock()));
    }

    [Fact]
    public void A_key_whose_hash_agrees_in_the_first_half_only_is_not_let_in()
    {
        var key = SomeKey.Of("right");
        key.Hash[^1] ^= 1;
        Assert.Null(new KeyRing([key]).Find("Bearer right", Some.Clock()));
    }

    [Fact]
    public void A_header_that_is_sent_twice_says_nothing() =>
        Assert.Null(new KeyRing([SomeKey.Of("right")]).Find(new StringValues(["Bearer right", "Bearer right"]), Some.Clock()));

    [Fact]
    public void A_key_opens_until_its_time_and_not_at_it()
    {
        var clock = Some.Clock();
        var ring = new KeyRing([SomeKey.Of("s", until: clock.GetUtcNow().AddSeconds(10))]);
        clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.NotNull(ring.Find("Bearer s", clock));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Null(ring.Find("Bearer s", clock));
    }

    [Fact]
    public void Finding_a_key_allocates_nothing()
    {
        string secret = KeySecret.New();
        var ring = new KeyRing([SomeKey.Of(secret), .. Enumerable.Range(2, 1_000).Select(i => SomeKey.Of(KeySecret.New(), $"k_{i}"))]);
        StringValues right = $"Bearer {secret}", wrong = $"Bearer {KeySecret.New()}";
        Assert.Equal(0, BytesOf(() => ring.Find(right, TimeProvider.System)));
        Assert.Equal(0, BytesOf(() => ring.Find(wrong, TimeProvider.System)));
    }

    private static long BytesOf(Func<ApiKey?> find) => Allocated.ByRunning(() =>
    {
        for (int i = 0; i < 1_000; i++)
            find();
    });
}
