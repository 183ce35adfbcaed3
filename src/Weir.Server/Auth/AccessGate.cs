namespace Weir.Server;

/// <summary>Lets through whoever may call a path, and remembers who it is. What a path asks stands in its metadata, so none is left open by being forgotten here.</summary>
/// <remarks>
/// A key is looked up before failed logins are counted: a valid one works also from an address, such as that of a proxy, from which somebody else sends wrong ones. Nothing is lost by
/// that: the limit does not protect keys, which cannot be guessed, but our work and our log.
/// </remarks>
internal sealed class AccessGate(RequestDelegate next, AccessRule rule, ApiKeys keys, FailedLogins failures)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<Access>() is not { } access)
            return next(http);
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
            return access.Scope == KeyScope.Take && rule.AnonymousMayTake ? next(http) : Problems.Unauthorized(http);
        // Asked first, so that keys that are read meanwhile do not make a valid one wrong.
        bool allKnown = keys.IsComplete;
        if (keys.Find(header) is not { } key)
            return allKnown ? failures.AnswerAsync(http) : Problems.KeysUnknown(http);
        if (key.Scope < access.Scope)
            return Problems.Forbidden(http);
        http.Features.Set(key);
        return next(http);
    }
}
