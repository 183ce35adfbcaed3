namespace Weir.Server;

/// <summary>Checks address, <c>Host</c>, key and query of a request by the metadata of its path.</summary>
/// <remarks>Looks up the key before it limits failed logins, so that a valid key works behind a shared proxy.</remarks>
internal sealed class Gate(
    RequestDelegate next, AccessRule rule, HostRule hosts, ApiKeys keys, FailedLogins failures, GrpcGate grpc)
{
    public Task InvokeAsync(HttpContext http)
    {
        var connection = http.Features.Get<BoundedConnection>();
        connection?.Use();
        if (connection is { IsGrpc: true })
            return grpc.InvokeAsync(http);
        if (AuthorizeEndpoint.ComplaintOfPath(http) is { } otherPath)
            return Problems.BadRequest(http, otherPath);
        if (http.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<Access>() is not { } access)
            return next(http);
        if (!access.IsServedOn(connection, rule))
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

    private Task? Refusal(HttpContext http, KeyScope scope)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
            return scope == KeyScope.Take && rule.AnonymousMayTake ? null : Problems.Unauthorized(http);
        // Read this flag first: keys that arrive during the lookup must not make a valid key invalid.
        bool allKnown = keys.IsComplete;
        if (keys.Find(header) is not { } key)
            return allKnown ? failures.AnswerAsync(http) : Problems.KeysUnknown(http);
        if (key.Scope < scope)
            return Problems.Forbidden(http);
        http.Features.Set(key);
        return null;
    }
}
