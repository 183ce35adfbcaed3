using CsCheck;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Resp;

public sealed class ThrottleTests : IDisposable
{
    private readonly RespRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void It_answers_as_redis_cell_does()
    {
        Assert.Equal([0, 16, 15, -1, 2], _rig.Throttle("user", 15, 30, 60));
        Assert.Equal([0, 16, 0, -1, 32], _rig.Throttle("user", 15, 30, 60, 15));
        Assert.Equal([1, 16, 0, 2, 32], _rig.Throttle("user", 15, 30, 60));
        Assert.Equal([1, 16, 0, -1, 32], _rig.Throttle("user", 15, 30, 60, 17));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([1, 16, 0, 2, 32], _rig.Throttle("user", 15, 30, 60));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(1_500));
        Assert.Equal([0, 16, 0, -1, 32], _rig.Throttle("user", 15, 30, 60));
    }

    [Fact]
    public void Every_answer_is_that_of_the_model()
    {
        var step = Gen.Select(Gen.Int[0, 9_000], Gen.Long[0, 25]);
        int key = 0;
        Gen.Select(Gen.Long[0, 20], Gen.Long[1, 60], Gen.Long[1, 90], step.Array[1, 40]).Sample(
            (maxBurst, count, period, steps) =>
            {
                var model = new ThrottleModel(maxBurst, count, period);
                string name = $"key-{Interlocked.Increment(ref key)}";
                long start = _rig.Time.GetTimestamp();
                foreach (var (ms, quantity) in steps)
                {
                    _rig.Time.Advance(TimeSpan.FromMilliseconds(ms));
                    long nowUs = (long)_rig.Time.GetElapsedTime(start).TotalMicroseconds;
                    Assert.Equal(
                        model.Throttle(nowUs, quantity), _rig.Throttle(name, maxBurst, count, period, quantity));
                }
            },
            threads: 1, iter: 300);
    }

    [Fact]
    public void A_quantity_of_0_spends_nothing()
    {
        for (int i = 0; i < 3; i++)
            Assert.Equal([0, 2, 2, -1, 0], _rig.Throttle("peeked", 1, 1, 60, 0));
    }

    [Fact]
    public void L12_other_numbers_keep_what_was_spent()
    {
        Assert.Equal([0, 10, 2, -1, 480], _rig.Throttle("changed", 9, 1, 60, 8));
        Assert.Equal([0, 20, 11, -1, 540], _rig.Throttle("changed", 19, 1, 60));
        Assert.Equal([1, 5, 0, 50, 90], _rig.Throttle("changed", 4, 1, 10));
        Assert.Equal([1, 1, 0, 9, 9], _rig.Throttle("changed", 0, 1, 1));
    }

    [Fact]
    public void Its_buckets_are_no_policys()
    {
        Assert.Equal([0, 1, 0, -1, 60], _rig.Throttle("apart", 0, 1, 60));
        Assert.Contains("remaining\r\n:9\r\n", _rig.Call("WEIR.TAKE", "default", "apart"), StringComparison.Ordinal);
        Assert.False(Bounds.IsName(ThrottleCommand.PlanName));
    }

    [Theory]
    [InlineData(1_000_000_000_000, 1_000_000_000_000, 60, 1, "0 1000000000001 1000000000000 -1 1")]
    [InlineData(2_147_483_647, 2_147_483_647, 86_400, 2_147_483_648, "0 2147483648 0 -1 86401")]
    [InlineData(0, 1, 31_622_400, 1, "0 1 0 -1 31622400")]
    [InlineData(9, 1_000, 31_622_400_000, 10, "0 10 0 -1 316224000")]
    [InlineData(9, 9_223_372_036_854_775_807, 1, 10, "0 10 0 -1 1")]
    [InlineData(4_000_000_000, 1_000_000, 1, 2_147_483_648, "0 4000000001 1852516353 -1 2148")]
    public void Large_numbers_are_counted_exactly(long maxBurst, long count, long period, long quantity, string answer) =>
        Assert.Equal(answer, string.Join(' ', _rig.Throttle("large", maxBurst, count, period, quantity)));

    [Theory]
    [InlineData("ERR wrong number of arguments for 'cl.throttle' command", "k", "1", "1")]
    [InlineData("ERR wrong number of arguments for 'cl.throttle' command", "k", "1", "1", "1", "1", "1")]
    [InlineData("ERR max_burst must be a whole number; it was \"x\"", "k", "x", "1", "1")]
    [InlineData("ERR count must be a whole number; it was \"1.5\"", "k", "1", "1.5", "1")]
    [InlineData("ERR period must be a whole number; it was \"\"", "k", "1", "1", "")]
    [InlineData("ERR quantity must be a whole number; it was \"99999999999999999999\"", "k", "1", "1", "1", "99999999999999999999")]
    [InlineData("ERR max_burst must be a whole number from 0 to 9007199254740990; it was -1", "k", "-1", "1", "1")]
    [InlineData("ERR max_burst must be a whole number from 0 to 9007199254740990; it was 9223372036854775807", "k", "9223372036854775807", "1", "1")]
    [InlineData("ERR count must be a whole number of 1 or more; it was 0", "k", "1", "0", "1")]
    [InlineData("ERR period must be a whole number of seconds, 1 or more; it was -5", "k", "1", "1", "-5")]
    [InlineData("ERR quantity must be a whole number from 0 to 2147483648; it was -1", "k", "1", "1", "1", "-1")]
    [InlineData("ERR key must be 1 to 256 bytes of UTF-8; it has 0", "", "1", "1", "1")]
    [InlineData("ERR 1 per 31622401 seconds is too slow; use a period of at most 366 days", "k", "1", "1", "31622401")]
    [InlineData("ERR a burst of 1000001 at 1 tokens per 1.00:00:00 takes more than 100 years to fill; lower the burst or raise the rate", "k", "1000000", "1", "86400")]
    public void Bad_arguments_are_errors_that_name_the_cure(string error, params string[] arguments) =>
        Assert.Equal($"-{error}\r\n", _rig.Call(["CL.THROTTLE", .. arguments]));

    [Fact]
    public void A_key_that_is_too_long_or_not_UTF8_is_an_error()
    {
        Assert.Equal([0, 1, 0, -1, 60], _rig.Throttle(new string('k', 256), 0, 1, 60));
        Assert.StartsWith("-ERR key must be", _rig.Call("CL.THROTTLE", new string('k', 257), "0", "1", "60"), StringComparison.Ordinal);
        _rig.Send([.. "*5\r\n$11\r\nCL.THROTTLE\r\n$1\r\n"u8, 0xFF, .. "\r\n$1\r\n0\r\n$1\r\n1\r\n$1\r\n1\r\n"u8]);
        Assert.StartsWith("-ERR key must be", _rig.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void L9_a_tenant_cannot_use_up_the_rates_of_others()
    {
        // Earlier tests may have used some of these rates.
        const int Period = 86_399, Most = 2 * RespBounds.NewRatesOfTenant;
        var time = Some.Clock();
        var plans = new PlansOfRequests(ThrottleCommand.PlanName, new NewRates(time));
        int count = 1;
        string? error = null;
        for (; count < Most && error is null; count++)
            plans.Of("greedy", 0, count, Period, out error);

        Assert.InRange(count, RespBounds.NewRatesOfTenant, Most - 1);
        Assert.Equal($"the tenant greedy has used {RespBounds.NewRatesOfTenant} distinct rates, and may use a new one "
            + "in 60 s; use the same count and period for more keys", error);
        Assert.NotNull(plans.Of("greedy", 0, 1, Period, out _));
        Assert.NotNull(plans.Of("other", 0, count, Period, out _));
        Assert.NotNull(plans.Of("greedy", 0, count, Period, out _));
        Assert.Null(plans.Of("greedy", 0, count + 1, Period, out _));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(plans.Of("greedy", 0, count + 1, Period, out _));
        Assert.Null(plans.Of("greedy", 0, count + 2, Period, out _));
    }

    [Fact]
    public void Keys_of_other_characters_are_told_apart()
    {
        foreach (string key in (string[])["ключ", "鍵", "é", "e", "🔑"])
        {
            Assert.Equal([0, 1, 0, -1, 60], _rig.Throttle(key, 0, 1, 60));
            Assert.Equal([1, 1, 0, 60, 60], _rig.Throttle(key, 0, 1, 60));
        }
    }
}
