using System.Text.Json;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

/// <summary>L10: everything in a request has a limit; at it a request is good, one above it is not.</summary>
public sealed class BoundsTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    /// <summary>Unicode letters of one, two, three and four bytes, and how many of them with how many dots make 256.</summary>
    public static TheoryData<string, int, int> Letters => new() { { "a", 256, 0 }, { "é", 128, 0 }, { "語", 85, 1 }, { "😀", 64, 0 } };

    [Theory]
    [MemberData(nameof(Letters))]
    public async Task L10_A_key_has_256_bytes_at_most(string letter, int count, int dots)
    {
        string longest = string.Concat(Enumerable.Repeat(letter, count)) + new string('.', dots);
        foreach (string path in (string[])["/limit/incr", "/v1/take", "/v1/check"])
        {
            Assert.Equal(200, (await _http.PostAsync(path, $$"""{"key":"{{longest}}"}""", Fresh.Tenant())).Status);

            var refused = await _http.PostAsync(path, $$"""{"key":"{{longest}}."}""");
            refused.AssertProblem(400);
            Assert.Equal("key", refused.Text("field"));
            Assert.Equal("key is longer than 256 bytes of UTF-8: send a shorter key, or a hash of it", refused.Text("detail"));
        }

        Assert.Equal(200, (await _http.GetAsync($"/limit/check?key={Uri.EscapeDataString(longest)}")).Status);
        (await _http.GetAsync($"/limit/check?key={Uri.EscapeDataString(longest)}.")).AssertProblem(400);
    }

    [Fact]
    public async Task L10_A_tenant_has_64_characters_at_most()
    {
        string longest = new('t', 64);

        Assert.Equal(200, (await _http.TakeAsync(Fresh.Key(), tenant: longest)).Status);
        (await _http.TakeAsync(Fresh.Key(), tenant: longest + "t")).AssertProblem(400);
    }

    [Fact]
    public async Task L10_A_request_has_16_attributes_of_256_bytes_at_most()
    {
        Assert.Equal(200, (await WithAttributesAsync(16, new string('v', 256))).Status);

        var many = await WithAttributesAsync(17, "v");
        many.AssertProblem(400);
        Assert.Equal("attributes holds 17 entries: send at most 16", many.Text("detail"));

        var longer = await WithAttributesAsync(1, new string('v', 257));
        longer.AssertProblem(400);
        Assert.Equal("attributes.a0", longer.Text("field"));
        Assert.Equal("attributes.a0 is longer than 256 bytes of UTF-8: send a shorter value", longer.Text("detail"));
    }

    [Theory]
    [InlineData("\\u0000")]
    [InlineData("\\n")]
    [InlineData(" ")]
    [InlineData("{}:*")]
    [InlineData("..")]
    [InlineData("\\ud83d\\ude00")]
    public async Task A_key_may_hold_any_text(string key) =>
        Assert.Equal(9, (await _http.TakeAsync(key, tenant: Fresh.Tenant())).Number("remaining"));

    private Task<Answer> WithAttributesAsync(int count, string value)
    {
        var attributes = Enumerable.Range(0, count).ToDictionary(index => $"a{index}", _ => value);
        return _http.PostAsync("/v1/take", $$"""{"key":"{{Fresh.Key()}}","attributes":{{JsonSerializer.Serialize(attributes)}}}""");
    }
}
