namespace Weir;

/// <summary>Who decided.</summary>
public enum DecisionSource
{
    /// <summary>This instance's memory.</summary>
    Memory,

    /// <summary>Redis, for all instances together.</summary>
    Redis,
}

/// <summary>Why a store could not answer.</summary>
public enum StoreFault
{
    /// <summary>It did answer.</summary>
    None,

    /// <summary>There is no connection to it.</summary>
    Unreachable,

    /// <summary>It did not answer within the deadline. The cost may have been spent, and is never asked for twice.</summary>
    Late,

    /// <summary>As <see cref="Late"/>, but it lives: it has answered another call a moment ago. On an overrun machine it is us who are slow.</summary>
    Slow,

    /// <summary>It answered that it cannot: out of memory, read-only, loading, a wrong password.</summary>
    Refusing,

    /// <summary>This bucket alone cannot be read; others can. Says nothing about the store's health.</summary>
    Damaged,

    /// <summary>It has no room for one bucket more; none was forgotten to make room.</summary>
    Full,
}

/// <summary>What a store says of one bucket: raw, in units; <see cref="Decision"/> makes words of it.</summary>
public readonly record struct BucketAnswer
{
    private BucketAnswer(StoreFault fault) => Fault = fault;

    internal BucketAnswer(BucketOutcome outcome, BucketState state, long nowUs, DecisionSource source)
    {
        Outcome = outcome;
        State = state;
        NowUs = nowUs;
        Source = source;
    }

    /// <summary>Why there is no answer; <see cref="StoreFault.None"/> when there is one.</summary>
    public StoreFault Fault { get; }

    /// <summary>Who answered.</summary>
    public DecisionSource Source { get; }

    /// <summary>True when another than the configured store answered, because that one could not.</summary>
    public bool Degraded { get; internal init; }

    internal BucketOutcome Outcome { get; }

    /// <summary>The bucket after the call, drained to <see cref="NowUs"/> or stamped earlier.</summary>
    internal BucketState State { get; }

    /// <summary>The store's clock at the call, in microseconds.</summary>
    internal long NowUs { get; }

    /// <summary>An answer that says why there is none.</summary>
    public static BucketAnswer Failed(StoreFault fault) => new(fault);
}
