using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Weir.Server;

/// <summary>
/// The OpenAPI description. It does not change while the service runs, so it is made once, for the first caller.
/// </summary>
internal sealed class OpenApiEndpoint(IServiceProvider services)
{
    public const string Path = "/openapi/v1.json";

    /// <summary>The name of the document.</summary>
    public const string Document = "v1";

    private readonly Lazy<Task<StaticDocument>> _document = new(() => DescribeAsync(services));

    public async Task Get(HttpContext http) => await (await _document.Value).Send(http);

    private static async Task<StaticDocument> DescribeAsync(IServiceProvider services)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Document).GetOpenApiDocumentAsync();
        var json = new StringWriter { NewLine = "\n" };
        // Without white space it is half as long, and costs no more than a take.
        document.SerializeAs(OpenApiSpecVersion.OpenApi3_1, new OpenApiJsonWriter(json, new OpenApiJsonWriterSettings { Terse = true }));
        return new StaticDocument(Encoding.UTF8.GetBytes(json.ToString()), DecisionAnswers.Json);
    }
}
