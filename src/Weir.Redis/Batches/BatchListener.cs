using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Sees the result of a decision that Redis has replied to.</summary>
/// <param name="take">The decision.</param>
/// <param name="result">The result.</param>
/// <param name="isLate">True if the decision had been given up before.</param>
internal delegate void Replied(PendingCommand take, in BucketResult result, bool isLate);

/// <summary>
/// Hands a call over to the node that a redirection names. False if the redirection cannot be followed.
/// </summary>
internal delegate bool Follow(Batch call, RedisServerException redirection, IScriptWire from);

/// <summary>Callbacks of a <see cref="Batcher"/> about its decisions; each must be cheap; null is not called.</summary>
internal sealed record BatchListener
{
    /// <summary>A listener that hears nothing.</summary>
    public static readonly BatchListener None = new();

    /// <summary>Called with each result, before the caller has it.</summary>
    public Replied? Replied { get; init; }

    /// <summary>Called with each decision that is late, before its caller hears of it.</summary>
    public Action<PendingCommand>? GaveUp { get; init; }

    /// <summary>Called with each redirection.</summary>
    public Follow? Follow { get; init; }

    /// <summary>Is told how long the thread that sends waited for a core.</summary>
    public SchedulingLag? Lag { get; init; }
}
