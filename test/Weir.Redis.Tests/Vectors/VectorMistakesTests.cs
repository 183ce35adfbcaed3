namespace Weir.Redis.Tests.Vectors;

/// <summary>Mistakes in the scripts that somebody could make: a vector finds each of them.</summary>
public sealed class VectorMistakesTests(VectorsOnRedisTests.Server server) : IClassFixture<VectorsOnRedisTests.Server>
{
    private static readonly string[] Names = [.. Vector.Where(_ => true).Select(row => row.Data)];

    [Theory]
    [InlineData("held + amount > capacity then", "held + amount >= capacity then")]
    [InlineData("if amount > capacity then", "if amount >= capacity then")]
    [InlineData("spent - elapsed_us / tick_us * refill", "spent - elapsed_us / tick_us * refill + 1")]
    [InlineData("if elapsed_us > 0 then", "if elapsed_us > tick_us then")]
    [InlineData("now_us - now_us % tick_us", "now_us")]
    [InlineData("next_us - believed_us - (-believed_us) % tick_us", "next_us - believed_us")]
    [InlineData("if believed_us > now_us + MAX_FREEZE_US then", "if believed_us > now_us then")]
    [InlineData("is_new, at_us = true, believed_us", "is_new, at_us = true, at_us")]
    [InlineData("if believed_us > next_us then", "if believed_us < next_us then")]
    [InlineData("floor(rest * unit / from) + 1", "floor(rest * unit / from)")]
    [InlineData("min(unit, floor", "min(unit - 1, floor")]
    [InlineData("              at_us = now_us\n", "\n")]
    [InlineData("unit_then ~= unit or drain_then ~= drain", "unit_then ~= unit")]
    [InlineData("is_written = is_new and (outcome == REFUSED or back > 0)", "is_written = back > 0")]
    [InlineData("and (outcome == REFUSED or back > 0)", "and outcome == REFUSED")]
    [InlineData("if is_written and (spent > 0 or value) then", "if is_written and spent > 0 then")]
    [InlineData("max(held, floor_units) + amount", "held + amount")]
    [InlineData("spent = raised + leased * unit", "spent = raised")]
    [InlineData("leased = min(want, room)", "leased = want")]
    [InlineData("ceil(now_us / tick_us) - floor(back_us / tick_us)", "ceil((now_us - back_us) / tick_us)")]
    [InlineData("max(0, spent - aged), max(0, held - aged)", "max(0, spent - aged), held")]
    [InlineData("back > 0 and back_us == next_us", "back > 0")]
    [InlineData("now_us < e0 or now_us >= e3", "now_us < e0 or now_us > e3 + e3")]
    [InlineData("if now_us < e0 or", "if now_us < e1 or")]
    [InlineData("elseif now_us >= e1 then", "elseif now_us > e3 then")]
    [InlineData("if next_us <= now_us then", "if next_us < now_us then")]
    [InlineData("ends_us - now_us <= MAX_FREEZE_US", "ends_us - now_us > MAX_FREEZE_US")]
    [InlineData("ceil(spent / unit_then)", "floor(spent / unit_then)")]
    [InlineData("only_us ~= 0 and only_us ~= next_us", "only_us ~= 0 and only_us == next_us")]
    [InlineData("is_over = amount < 0 and", "is_over =")]
    [InlineData("missing = is_look and (i == 1 and amount or max(0, missing - held)) or missing", "missing = amount")]
    [InlineData("amount > 0 or (amount < 0 and held > 0)", "true")]
    [InlineData("amount > 0 or (amount < 0 and held > 0)", "held > 0 or amount > 0")]
    [InlineData("amount > 0 or (amount < 0 and held > 0)", "amount ~= 0")]
    [InlineData("min(EXACT_LIMIT - 1, max(0, held + amount))", "max(0, held + amount)")]
    [InlineData("min(EXACT_LIMIT - 1, max(0, held + amount))", "min(EXACT_LIMIT - 1, held + amount)")]
    [InlineData("is_refused, again = true, again or i > 1", "is_refused, again = true, again")]
    [InlineData("and shadow == 0 and what == TAKE", "and what == TAKE")]
    [InlineData("if outcome == ALLOWED and not is_refused then", "if outcome == ALLOWED then")]
    [InlineData("until not again or code ~= ANSWERED", "until true")]
    [InlineData("if code == ANSWERED then\n    replies[head]", "if true then\n    replies[head]")]
    [InlineData("spent % 1 == 0", "true")]
    [InlineData("if value and what ~= RESET then", "if value then")]
    [InlineData("ceil(spent / refill) * tick_us", "floor(spent / refill) * tick_us")]
    [InlineData("ceil((gone_us - now_us) / 1000)", "floor((gone_us - now_us) / 1000)")]
    [InlineData("if is_refused or answer.what", "if answer.what")]
    [InlineData("answer.kind == ONCE and open_ms > 0 and OPEN or SETTLED", "SETTLED")]
    [InlineData("until_us <= now_us and GONE or ANSWERED", "until_us < now_us and GONE or ANSWERED")]
    [InlineData("string.sub(record, 2, 17) == answer.fingerprint", "true")]
    [InlineData("if answer.kind == ONCE or state == SETTLED then", "if state == SETTLED then")]
    [InlineData("'-inf', string.format('%.0f', now_us)", "'-inf', string.format('%.0f', now_us - 1)")]
    [InlineData("math.ceil(over / each)", "math.floor(over / each)")]
    [InlineData("held + amount > capacity and REFUSED", "held > capacity and REFUSED")]
    [InlineData("if what == CHECK or is_look then", "if what == CHECK then")]
    [InlineData("outcome == ALLOWED and amount > 0 then\n    local until_us", "amount > 0 then\n    local until_us")]
    [InlineData("now_us + timeout_ms * 1000", "now_us + timeout_ms")]
    public async Task L8_a_mistake_in_a_script_is_found_by_a_vector(string right, string wrong)
    {
        bool isPlanted = false;
        string Plant(string script)
        {
            isPlanted |= script.Contains(right, StringComparison.Ordinal);
            return script.Replace(right, wrong, StringComparison.Ordinal);
        }

        foreach (string name in Names)
        {
            if (await Record.ExceptionAsync(() => VectorsOnServersTests.AssertAsync(server, name, Plant)) is not null)
                return;
        }

        Assert.True(isPlanted, $"no script has '{right}'");
        Assert.Fail("no vector finds the mistake");
    }
}
