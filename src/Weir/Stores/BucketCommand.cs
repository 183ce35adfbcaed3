using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Operation of a bucket command.</summary>
public enum BucketOperation
{
    /// <summary>Returns the buckets, and whether a take would be allowed. Spends nothing.</summary>
    Check,

    /// <summary>Spends the cost if all enforced limits allow it; otherwise spends nothing (law L2).</summary>
    Take,

    /// <summary>Charges unconditionally. A negative cost refunds at most the spent amount and frees permits.</summary>
    Charge,

    /// <summary>Clears all spending and frees all permits.</summary>
    Reset,

    /// <summary>Charges as <see cref="Charge"/>, with a cost in units. Settles spending of an outage.</summary>
    Settle,

    /// <summary>Raises the first bucket by the excess of the cost over the second, and the second to the cost. Restores
    /// lost spending once, whichever instances report it and in any order.</summary>
    Restore,
}

/// <summary>A request to a store: an operation on buckets, or on a record alone.</summary>
public readonly record struct BucketCommand(LimitSet Limits, BucketOperation What)
{
    private readonly LimitSet _limits = Limits;

    /// <summary>The limits that apply, and the facts of the request.</summary>
    public LimitSet Limits
    {
        get => _limits;
        init => _limits = value;
    }

    // Returns a reference: a copy of the structure costs as much as the arithmetic of a decision.
    [UnscopedRef]
    internal ref readonly LimitSet LimitsRef => ref _limits;

    /// <summary>True for a refund or commit: the primary may have executed it, so no other store repeats it.</summary>
    internal bool IsMadeOnce =>
        What == BucketOperation.Charge && (Limits.Facts.GivesBack || RecordKey is { Settles: true });

    internal bool IsPlainRefund => What == BucketOperation.Charge && Limits.Facts.GivesBack && RecordKey is null;

    /// <summary>Key of the idempotency record, which prevents a second execution; null for none.</summary>
    internal RecordKey? RecordKey { get; init; }

    /// <summary>Tokens held back for peers that may not have settled yet; none by default.</summary>
    internal HeldBack HeldBack { get; init; }

    /// <summary>Per limit, the end of the only window that may be refunded; null or 0 for any window.</summary>
    internal long[]? OnlyEnds { get; init; }
}

/// <summary>Key of an idempotency record. The fingerprint detects a different request under the same id.</summary>
internal sealed record RecordKey(UInt128 Id, UInt128 Fingerprint)
{
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    public static UInt128 NewId() => BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16));

    public bool Settles { get; init; }

    // Record id and time of the take to undo. The take stays if another caller relies on its record. Then the undone
    // caller also relies on it, if memory admitted that caller (IsAdmitted).
    public (UInt128 Id, long AtUs, bool IsAdmitted)? Undoes { get; init; }

    /// <summary>Time within which a reservation may be settled; zero without a reservation.</summary>
    public TimeSpan Open { get; init; }

    public TimeSpan Life { get; init; } = Memory;

    public TimeSpan Keep => Open > Life ? Open : Life;

    /// <summary>True if the record counts toward the bound of the tenant's records.</summary>
    public bool IsBounded { get; init; }

    public byte[] Text { get; init; } = [];
}

/// <summary>The stored answer to a request: the caller's text, and the answer of each bucket.</summary>
public sealed record IdempotencyRecord(byte[] Text, IReadOnlyList<BucketLine> Lines)
{
    internal UInt128 Fingerprint { get; init; }

    internal StoreTime Time { get; init; }

    internal Share Share { get; init; }

    /// <summary>Clock and outage share of each line, if several partitions answered; else null.</summary>
    internal LineOrigin[]? Origins { get; init; }

    internal StoreTime TimeOf(int line) => Origins is { } origins ? origins[line].Time : Time;
}
