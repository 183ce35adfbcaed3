using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Receives a reply of Redis or a fault. <paramref name="isLate"/>: the decision had been given up.</summary>
internal delegate void Replied(PendingCommand take, in BucketResult result, bool isLate);

/// <summary>Hands a batch over to the node that a redirection names. Returns false if that is impossible.</summary>
internal delegate bool Follow(Batch call, RedisServerException redirection, IScriptWire from);

internal sealed record BatchListener
{
    public static readonly BatchListener None = new();

    public Replied? Replied { get; init; }

    /// <summary>Called for each decision given up at its deadline or at the stop, before its caller resumes.</summary>
    public Action<PendingCommand>? GaveUp { get; init; }

    public Follow? Follow { get; init; }

    public SchedulingLag? Lag { get; init; }
}
