using Microsoft.AspNetCore.Connections.Features;

namespace Weir.Server;

/// <summary>Closes connections while the service drains, so that callers connect to another instance.</summary>
internal sealed class CloseWhenDraining
{
    private readonly RequestDelegate _next;
    private readonly Func<object, Task> _onAnswer;

    public CloseWhenDraining(RequestDelegate next, Draining draining)
    {
        _next = next;
        _onAnswer = http =>
        {
            if (draining.HasBegun)
                Close((HttpContext)http);
            return Task.CompletedTask;
        };
    }

    /// <remarks>Checks for a drain when the response starts, because a drain may begin during a request.</remarks>
    public Task InvokeAsync(HttpContext http)
    {
        http.Response.OnStarting(_onAnswer, http);
        return _next(http);
    }

    /// <summary>HTTP/2 knows no such header. Its connection ends once the calls under way have their answers.</summary>
    private static void Close(HttpContext http)
    {
        if (HttpProtocol.IsHttp2(http.Request.Protocol))
            http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        else
            http.Response.Headers.Connection = "close";
    }
}
