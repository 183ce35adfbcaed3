namespace Weir.Server;

/// <summary>
/// While the service drains, has every answer end its connection, so that callers connect to another instance.
/// </summary>
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

    /// <remarks>
    /// Asked when the answer begins and not before, since a request may be under way for longer than that.
    /// </remarks>
    public Task InvokeAsync(HttpContext http)
    {
        http.Response.OnStarting(_onAnswer, http);
        return _next(http);
    }
}
