namespace Weir.Server.Tests.Harness;

/// <summary>Servers that ask for keys, and keys for them.</summary>
internal static class KeyCalls
{
    /// <summary>The settings of a server that lets in nobody without a key.</summary>
    public static readonly string[] Closed = [AdminCalls.Setting, "Weir:Auth:AllowAnonymous=false"];

    /// <summary>Creates a key, such as of <c>"scope":"take","tenant":"acme"</c>.</summary>
    public static async Task<(string Id, string Secret)> CreateKeyAsync(this HttpCalls http, string fields = "\"scope\":\"take\"", string admin = AdminCalls.Key)
    {
        var created = await http.CallAsync(admin, HttpMethod.Post, "/admin/keys", $$"""{{{fields}}}""");
        Assert.True(created.Status == 201, created.Body);
        return (created.Text("id"), created.Text("key"));
    }

    public static Task<Answer> TakeWithAsync(this HttpCalls http, string? secret, string key, string? tenant = null, long cost = 1) => http.CallAsync(
        secret, HttpMethod.Post, "/v1/take", tenant is null ? $$"""{"key":"{{key}}","cost":{{cost}}}""" : $$"""{"key":"{{key}}","cost":{{cost}},"tenant":"{{tenant}}"}""");
}
