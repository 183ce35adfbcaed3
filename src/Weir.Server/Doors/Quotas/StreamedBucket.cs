using Google.Protobuf.WellKnownTypes;
using Weir.Server.Envoy;
using Action = Weir.Server.Envoy.RateLimitQuotaResponse.Types.BucketAction;
using ClientBucket = Weir.Server.Envoy.TokenBucket;

namespace Weir.Server;

/// <summary>A quota bucket of one stream, with the assignment that is to be written next.</summary>
internal sealed class StreamedBucket(QuotaStream stream, string id, BucketId bucketId) : IAssignee
{
    // Envoy counts a rate in whole seconds. One token a year is none in an assignment's lifetime.
    private static readonly Duration FillInterval = Duration.FromTimeSpan(TimeSpan.FromDays(365));

    private readonly Lock _lock = new();
    private Assignment? _next;
    private bool _isAbandoned;
    private bool _isOdd;

    public string Id => id;

    public Subscription Subscription { get; set; } = null!;

    public void Assign(in Assignment assignment)
    {
        lock (_lock)
            _next = assignment;
        stream.Changed(this, isAbandoned: false);
    }

    public void Abandon()
    {
        lock (_lock)
            _isAbandoned = true;
        stream.Changed(this, isAbandoned: true);
    }

    /// <summary>Returns the action to write; null if there is none, or if its tokens would come too late.</summary>
    public Action? NextAction(TimeProvider time)
    {
        lock (_lock)
        {
            if (_isAbandoned)
                return new Action { BucketId = bucketId, AbandonAction = new() };
            if (_next is not { } next)
                return null;
            _next = null;
            return next.IsTooOld(time) ? null : ActionOf(next);
        }
    }

    private Action ActionOf(in Assignment assignment) => new()
    {
        BucketId = bucketId,
        QuotaAssignmentAction = new()
        {
            AssignmentTimeToLive = Duration.FromTimeSpan(assignment.Lifetime),
            RateLimitStrategy = assignment.Tokens switch
            {
                null => new() { BlanketRule = RateLimitStrategy.Types.BlanketRule.AllowAll },
                0 => new() { BlanketRule = RateLimitStrategy.Types.BlanketRule.DenyAll },
                var tokens => new() { TokenBucket = BucketOf((uint)tokens) },
            },
        },
    };

    // A client goes on with its bucket if the numbers are the same, so each assignment differs from the one before.
    private ClientBucket BucketOf(uint tokens)
    {
        _isOdd = !_isOdd;
        return new() { MaxTokens = tokens, TokensPerFill = _isOdd ? 1u : 2u, FillInterval = FillInterval };
    }
}
