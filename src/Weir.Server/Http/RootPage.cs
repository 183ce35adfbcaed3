using System.Net.Mime;
using System.Text;

namespace Weir.Server;

internal sealed class RootPage(HealthEndpoints health, AccessRule rule)
{
    private const string Style = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}";

    private static readonly (string Path, string Text)[] Everywhere =
    [
        ("/livez", "is it alive"),
        ("/readyz", "how does it decide"),
        ("/openapi/v1.json", "every path, with its parameters and bodies"),
        ("/schemas/policies.json", "the JSON Schema of the policy document"),
    ];

    public Task Get(HttpContext http)
    {
        bool isHtml = http.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.Html, StringComparison.OrdinalIgnoreCase);
        var (status, links) = (health.Status(), LinksOf(http));
        http.Response.ContentType = isHtml ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        http.Response.Headers.CacheControl = "no-store";
        byte[] page = Encoding.UTF8.GetBytes(isHtml ? Html(status, links) : Text(status, links));
        http.Response.ContentLength = page.Length;
        return http.Response.Body.WriteAsync(page).AsTask();
    }

    private List<(string Path, string Text)> LinksOf(HttpContext http)
    {
        bool isManaged = Access.ToMetrics.IsServedOn(http.Features.Get<BoundedConnection>(), rule);
        List<(string Path, string Text)> links = [.. Everywhere];
        if (isManaged)
            links.Add(("/metrics", "metrics for Prometheus"));
        return links;
    }

    private static string Text(string status, List<(string Path, string Text)> links) => $"""
        Weir {ProductVersion.Text}, a rate limiter
        {status}

        {string.Join(Environment.NewLine, links.Select(link => $"{link.Path,-24}{link.Text}"))}

        """;

    private static string Html(string status, List<(string Path, string Text)> links) => $"""
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weir</title><style>{Style}</style></head>
        <body><h1>Weir {ProductVersion.Text}</h1><p>A rate limiter. {status}</p><ul>
        {string.Join(Environment.NewLine, links.Select(link => $"<li><a href=\"{link.Path}\">{link.Path}</a>: {link.Text}</li>"))}
        </ul></body></html>

        """;
}
