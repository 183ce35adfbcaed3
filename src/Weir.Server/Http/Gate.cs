namespace Weir.Server;

/// <summary>
/// Decides whether a request reaches its path: served on this address, with an acceptable <c>Host</c>, a sufficient key
/// and known query parameters. The path's metadata name its requirement, so that no path is open by accident.
/// </summary>
/// <remarks>
/// A key is looked up before failed logins are counted. A valid key therefore works from an address, such as that of a
/// proxy, from which others send invalid keys. The limit on failed logins protects CPU and log, not keys: those cannot
/// be guessed.
/// </remarks>
internal sealed class Gate(RequestDelegate next, AccessRule rule, HostRule hosts, ApiKeys keys, FailedLogins failures)
{
    public Task InvokeAsync(HttpContext http)
    {
        var connection = http.Features.Get<BoundedConnection>();
        connection?.Use();
        if (http.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<Access>() is not { } access)
            return next(http);
        if (rule.HasManagement && !access.IsServedOn(connection))
            return Problems.NotFound(http);
        if (hosts.Complaint(http.Request) is { } otherHost)
            return Problems.BadRequest(http, otherHost);
        if (access.Scope is not { } scope)
            return endpoint.RequestDelegate!(http);
        return Refusal(http, scope)
            ?? (endpoint.Metadata.GetMetadata<QueryRule>()?.Complaint(http.Request) is { } complaint
                ? Problems.BadRequest(http, complaint)
                : endpoint.RequestDelegate!(http));
    }

    /// <summary>Answers a request without a sufficient key; null if the key suffices, or none is needed.</summary>
    private Task? Refusal(HttpContext http, KeyScope scope)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
            return scope == KeyScope.Take && rule.AnonymousMayTake ? null : Problems.Unauthorized(http);
        // Read first: keys that arrive during the look-up must not make a valid key invalid.
        bool allKnown = keys.IsComplete;
        if (keys.Find(header) is not { } key)
            return allKnown ? failures.AnswerAsync(http) : Problems.KeysUnknown(http);
        if (key.Scope < scope)
            return Problems.Forbidden(http);
        http.Features.Set(key);
        return null;
    }
}
