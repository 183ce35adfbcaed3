using System.Text;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

/// <summary>Every mistake in a body is 400, names the field and the cure, and spends nothing.</summary>
public sealed class BadBodyTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private static readonly string[] Paths = ["/limit/incr", "/v1/take", "/v1/check"];

    private readonly HttpCalls _http = embedded.Http;

    public static TheoryData<string, string, string> Fields => Rows(BadBodies.Fields);

    public static TheoryData<string, string, string> Tenants => Rows(BadBodies.Tenants);

    public static TheoryData<string, string, string> Syntax => Rows(BadBodies.Syntax);

    [Theory]
    [MemberData(nameof(Fields))]
    public Task A_wrong_field_is_named_and_spends_nothing(string body, string field, string cure) => AssertRefused(body, field, cure, "slow");

    [Theory]
    [MemberData(nameof(Tenants))]
    public Task A_wrong_tenant_is_named_and_spends_nothing(string body, string field, string cure) => AssertRefused(body, field, cure, tenant: null);

    [Theory]
    [MemberData(nameof(Syntax))]
    public Task A_body_that_is_not_a_JSON_object_spends_nothing(string body, string field, string cure) => AssertRefused(body, field, cure, "slow");

    [Theory]
    [InlineData("/limit/incr")]
    [InlineData("/v1/take")]
    public async Task A_take_of_nothing_is_a_mistake(string path)
    {
        string key = Fresh.Key();

        var refused = await _http.PostAsync(path, $$"""{"key":"{{key}}","cost":0}""", "slow");

        refused.AssertProblem(400);
        Assert.Equal("cost", refused.Text("field"));
        Assert.Equal("cost must be a whole number from 1 to 2147483648; it was 0", refused.Text("detail"));
        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
    }

    [Theory]
    [InlineData("""{"key":"\ud800"}""", "key")]
    [InlineData("""{"key":"\udc00\ud800"}""", "key")]
    [InlineData("""{"key":"KEY","attributes":{"a":"\ud800"}}""", "attributes.a")]
    [InlineData("""{"key":"KEY","tenant":"\ud800"}""", "tenant")]
    public async Task Half_of_a_surrogate_pair_is_no_text(string body, string field)
    {
        string key = Fresh.Key();
        foreach (string path in Paths)
        {
            var refused = await _http.PostAsync(path, body.Replace("KEY", key, StringComparison.Ordinal));
            refused.AssertProblem(400);
            Assert.Equal(field, refused.Text("field"));
        }
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC0)]
    [InlineData(0xED, 0xA0, 0x80)]
    [InlineData(0xF5, 0x80, 0x80, 0x80)]
    public async Task Bytes_that_are_not_UTF_8_are_a_mistake_wherever_they_stand(params int[] bytes)
    {
        string key = Fresh.Key();
        var wrong = bytes.Select(value => (byte)value).ToArray();
        foreach (string path in Paths)
        {
            foreach (var (before, after) in ((string, string)[])[("""{"key":"x""", "\"}"), ($"{{\"key\":\"{key}\",\"", "\":1}"), ("", $"{{\"key\":\"{key}\"}}")])
            {
                byte[] body = [.. Encoding.UTF8.GetBytes(before), .. wrong, .. Encoding.UTF8.GetBytes(after)];
                (await _http.PostAsync(path, body, "application/json", "slow")).AssertProblem(400);
            }
        }

        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
    }

    [Fact]
    public async Task A_byte_order_mark_is_ignored_as_RFC_8259_allows()
    {
        byte[] body = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes($$"""{"key":"{{Fresh.Key()}}"}""")];

        Assert.Equal(200, (await _http.PostAsync("/v1/take", body, "application/json")).Status);
    }

    [Fact]
    public async Task A_long_name_of_an_unknown_field_does_not_come_back_whole()
    {
        var refused = await _http.PostAsync("/v1/take", $$"""{"{{new string('x', 60_000)}}":1}""");

        refused.AssertProblem(400);
        Assert.InRange(refused.Body.Length, 100, 1000);
    }

    private static TheoryData<string, string, string> Rows((string Body, string Field, string Cure)[] rows)
    {
        var data = new TheoryData<string, string, string>();
        foreach (var (body, field, cure) in rows)
            data.Add(body, field, cure);
        return data;
    }

    private async Task AssertRefused(string body, string field, string cure, string? tenant)
    {
        string key = Fresh.Key();
        foreach (string path in Paths)
        {
            // A check may cost nothing, so its least cost is another.
            string expected = path == "/v1/check" ? cure.Replace("number from 1 to", "number from 0 to", StringComparison.Ordinal) : cure;
            var refused = await _http.PostAsync(path, body.Replace("KEY", key, StringComparison.Ordinal), tenant);
            refused.AssertProblem(400);
            if (field.Length > 0)
                Assert.Equal(field, refused.Text("field"));
            Assert.StartsWith(expected, refused.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Equal(10, await _http.RemainingAsync(key, tenant));
    }
}
