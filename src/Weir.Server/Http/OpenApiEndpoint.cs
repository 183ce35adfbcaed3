using System.Text;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Weir.Server;

internal sealed class OpenApiEndpoint(IServiceProvider services)
{
    public const string Path = "/openapi/v1.json";

    public const string Document = "v1";

    private readonly Lazy<Task<StaticDocument>> _document = new(() => DescribeAsync(services));

    public async Task Get(HttpContext http) => await (await _document.Value).Send(http);

    private static async Task<StaticDocument> DescribeAsync(IServiceProvider services)
    {
        var document = await services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Document).GetOpenApiDocumentAsync();
        var json = new StringWriter { NewLine = "\n" };
        // Omit white space, which halves the size.
        document.SerializeAs(OpenApiSpecVersion.OpenApi3_1, new OpenApiJsonWriter(json, new OpenApiJsonWriterSettings { Terse = true }));
        return new StaticDocument(Encoding.UTF8.GetBytes(json.ToString()), DecisionAnswers.Json);
    }
}
