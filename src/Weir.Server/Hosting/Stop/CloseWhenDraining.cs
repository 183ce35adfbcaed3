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
                ((HttpContext)http).Response.Headers.Connection = "close";
            return Task.CompletedTask;
        };
    }

    /// <remarks>Checks for a drain when the response starts, because a drain may begin during a request.</remarks>
    public Task InvokeAsync(HttpContext http)
    {
        http.Response.OnStarting(_onAnswer, http);
        return _next(http);
    }
}
