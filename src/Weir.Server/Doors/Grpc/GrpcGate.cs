using Grpc.Core;

namespace Weir.Server;

/// <summary>Checks a call's path and key on the address of the gRPC door, where nothing else is served.</summary>
internal sealed class GrpcGate(AccessRule rule, ApiKeys keys, FailedLogins failures)
{
    private const string Authorization = "authorization";

    public Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetMetadata<Access>() is not { IsByGrpc: true } access)
            return Answer(
                http, StatusCode.Unimplemented,
                $"there is no such method here; {RateLimitMethods.ShouldRateLimit.FullName} decides, and reflection lists what there is");
        return access.Scope is null ? endpoint.RequestDelegate!(http) : InvokeAsync(http, endpoint);
    }

    private Task InvokeAsync(HttpContext http, Endpoint endpoint)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0)
        {
            return rule.AnonymousMayTake
                ? endpoint.RequestDelegate!(http)
                : Answer(http, StatusCode.Unauthenticated, $"{Authorization}: no key; send Bearer KEY in this metadata");
        }

        // Read first: keys that arrive during the look-up must not make a valid key invalid.
        bool allKnown = keys.IsComplete;
        if (keys.Find(header) is not { } key)
            return allKnown ? Wrong(http) : Answer(http, StatusCode.Unavailable,
                $"{Authorization}: this instance has not reached the store of keys since its start; try again shortly");
        http.Features.Set(key);
        return endpoint.RequestDelegate!(http);
    }

    private Task Wrong(HttpContext http) => Answer(
        http, StatusCode.Unauthenticated,
        failures.Count(http.Connection.RemoteIpAddress) is { } wait
            ? $"{Authorization}: wrong keys came from this address too often; wait {Spelling.Seconds(wait)} s: a right "
                + "one is let through at once"
            : $"{Authorization}: no valid key; send exactly one as Bearer KEY");

    /// <summary>Ends a call without calling its method. The message is printable ASCII without a percent sign.</summary>
    private static Task Answer(HttpContext http, StatusCode code, string message)
    {
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = $"{(int)code}";
        http.Response.Headers["grpc-message"] = message;
        return Task.CompletedTask;
    }
}
