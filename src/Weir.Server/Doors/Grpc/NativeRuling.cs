using System.Runtime.CompilerServices;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Decides by the policies of Weir: the domain is the tenant, the entries are the attributes.</summary>
internal sealed class NativeRuling(Decider decider, DescriptorReader reader, RateLimitRenderer renderer)
    : IRateLimitRuling
{
    public ValueTask<RateLimitResponse> DecideAsync(RateLimitRequest request, ApiKey? caller)
    {
        var parts = reader.Read(request, caller);
        if (parts.Length > 1)
            return DecideTogetherAsync(request, parts);
        var (facts, spend, plan) = parts[0];
        return decider.Begin(facts, plan, spend, out long began, out var decision) is { } pending
            ? EndAsync(request, pending, spend, began, plan is not null)
            : new(renderer.Render(request, decision));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RateLimitResponse> EndAsync(
        RateLimitRequest request, PendingResult pending, bool spend, long began, bool isByOwnPlan)
    {
        await pending.Arrival;
        return renderer.Render(request, decider.End(pending, spend, began, isByOwnPlan));
    }

    private async ValueTask<RateLimitResponse> DecideTogetherAsync(RateLimitRequest request, JointPart[] parts)
    {
        var (decisions, governing) = await decider.DecideTogetherAsync(parts);
        return renderer.Render(request, decisions, governing);
    }
}
