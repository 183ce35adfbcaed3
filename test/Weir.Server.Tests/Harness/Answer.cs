using System.Text.Json;

namespace Weir.Server.Tests.Harness;

/// <summary>A response, read to its end.</summary>
internal sealed record Answer(int Status, string? MediaType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public string Text(string field) => Json.GetProperty(field).GetString()!;

    public long Number(string field) => Json.GetProperty(field).GetInt64();

    public bool Flag(string field) => Json.GetProperty(field).GetBoolean();

    /// <summary>Whether it is a problem in the form of RFC 9457 whose status is the response's own.</summary>
    public void AssertProblem(int status)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Body}");
        Assert.Equal("application/problem+json", MediaType);
        Assert.Equal(status, Number("status"));
        Assert.NotEmpty(Text("type"));
        Assert.NotEmpty(Text("title"));
        Assert.NotEmpty(Text("detail"));
    }
}
