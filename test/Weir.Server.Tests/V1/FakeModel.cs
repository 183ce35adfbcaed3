using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Weir.Server.Tests.V1;

/// <summary>A model server that streams chunks and says at the end how many tokens they were.</summary>
internal sealed class FakeModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private FakeModel(WebApplication app)
    {
        _app = app;
        _client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    /// <param name="chunks">Chunks of an answer.</param>
    /// <param name="tokensOfChunk">Tokens of a chunk.</param>
    /// <param name="diesAfter">The chunk after which the connection is lost; null for none.</param>
    public static async Task<FakeModel> StartAsync(int chunks, int tokensOfChunk, int? diesAfter = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async http =>
        {
            long input = long.Parse(http.Request.Query["input"].ToString(), CultureInfo.InvariantCulture);
            for (int i = 0; i < chunks; i++)
            {
                if (i == diesAfter)
                {
                    http.Abort();
                    return;
                }

                await http.Response.WriteAsync($"chunk {i}\n");
                await http.Response.Body.FlushAsync();
            }

            await http.Response.WriteAsync(JsonSerializer.Serialize(new { input, output = chunks * tokensOfChunk }));
        });
        await app.StartAsync();
        return new FakeModel(app);
    }

    /// <summary>Streams an answer to its end, and returns the tokens that the model says it used.</summary>
    public async Task<(long Input, long Output)> AskAsync(long input)
    {
        using var response = await _client.GetAsync($"/?input={input}", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        string last = "";
        while (await lines.ReadLineAsync() is { } line)
            last = line;
        var usage = JsonDocument.Parse(last).RootElement;
        return (usage.GetProperty("input").GetInt64(), usage.GetProperty("output").GetInt64());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}
