using System.Text;

namespace Weir.Server.Tests.Harness;

/// <summary>Calls with the admin key.</summary>
internal static class AdminCalls
{
    public const string Key = "0123456789abcdef0123";

    /// <summary>The setting that opens <c>/admin</c>.</summary>
    public const string Setting = "Weir:Auth:AdminKey=" + Key;

    public static Task<Answer> AdminAsync(
        this HttpCalls http, HttpMethod method, string path, string? body = null, string type = "application/json", string? key = Key, string? ifMatch = null) =>
        http.SendAsync(method, path, body, type, new Dictionary<string, string?> { ["Authorization"] = key is null ? null : $"Bearer {key}", ["If-Match"] = ifMatch });

    public static Task<Answer> PutTenantAsync(this HttpCalls http, string tenant, string json) => http.AdminAsync(HttpMethod.Put, $"/admin/tenants/{tenant}", json);

    public static Task<Answer> PutPoliciesAsync(this HttpCalls http, string yaml, string? ifMatch = null) =>
        http.AdminAsync(HttpMethod.Put, "/admin/policies", yaml, "application/yaml", ifMatch: ifMatch);

    public static ByteArrayContent Content(string body, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }
}
