using System.Text;
using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>A client of the service that says what tests want to say.</summary>
internal sealed class HttpCalls(Uri server) : IDisposable
{
    public Uri Address => server;

    private readonly HttpClient _client = new() { BaseAddress = server, Timeout = Until.Patience };

    public Task<Answer> GetAsync(string path, string? tenant = null) => SendAsync(HttpMethod.Get, path, null, tenant);

    public Task<Answer> PostAsync(string path, string json, string? tenant = null) =>
        PostAsync(path, Encoding.UTF8.GetBytes(json), "application/json", tenant);

    /// <summary>Posts with the tenant in the body, and perhaps an idempotency key.</summary>
    public Task<Answer> PostOnceAsync(string path, string json, string? idempotencyKey)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return SendAsync(HttpMethod.Post, path, content, null, idempotencyKey);
    }

    public Task<Answer> PostAsync(string path, byte[] body, string? mediaType, string? tenant = null)
    {
        var content = new ByteArrayContent(body);
        if (mediaType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return SendAsync(HttpMethod.Post, path, content, tenant);
    }

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, string? tenant = null, string? idempotencyKey = null) =>
        await SendAsync(method, path, content, new Dictionary<string, string?> { ["X-Tenant-Id"] = tenant, ["Idempotency-Key"] = idempotencyKey });

    public Task<Answer> SendAsync(HttpMethod method, string path, string? body, string type, Dictionary<string, string?> headers) =>
        SendAsync(method, path, body is null ? null : AdminCalls.Content(body, type), headers);

    /// <summary>Calls with a key, or without one.</summary>
    public Task<Answer> CallAsync(string? key, HttpMethod method, string path, string? json = null, string? tenant = null) =>
        SendAsync(method, path, json, "application/json", new() { ["Authorization"] = key is null ? null : $"Bearer {key}", ["X-Tenant-Id"] = tenant });

    private async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, Dictionary<string, string?> given)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in given.Where(header => header.Value is not null))
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _client.SendAsync(request);
        string? type = response.Content.Headers.ContentType?.MediaType;
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, type, await response.Content.ReadAsStringAsync(), headers);
    }

    public Task<Answer> TakeAsync(string key, long cost = 1, string? tenant = null) =>
        PostAsync("/v1/take", $$"""{"key":"{{key}}","cost":{{cost}}}""", tenant);

    /// <summary>Whole tokens left of a key, which asking does not change.</summary>
    public async Task<long> RemainingAsync(string key, string? tenant = null) =>
        (await GetAsync($"/limit/check?cost=0&key={Uri.EscapeDataString(key)}", tenant)).Number("remaining");

    public void Dispose() => _client.Dispose();
}
