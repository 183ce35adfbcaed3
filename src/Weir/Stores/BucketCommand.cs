using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Operation of a store.</summary>
public enum BucketOperation
{
    /// <summary>Returns whether a take would be allowed, and the buckets. Spends nothing.</summary>
    Check,

    /// <summary>Spends the cost if all enforced limits allow it; else spends nothing (law L2).</summary>
    Take,

    /// <summary>Charges unconditionally; a negative cost refunds at most the spent amount. Frees permits.</summary>
    Charge,

    /// <summary>Forgets all spending and all permits.</summary>
    Reset,

    /// <summary>As <see cref="Charge"/>, with a cost in units: settles spending without the store.</summary>
    Settle,

    /// <summary>Raises the first bucket by the cost's excess over the second, and the second as well. Restores lost
    /// spending once, whichever instances report it and in any order.</summary>
    Restore,
}

/// <summary>A request to a store: an operation on buckets, or on a record alone.</summary>
public readonly record struct BucketCommand(LimitSet Limits, BucketOperation What)
{
    private readonly LimitSet _limits = Limits;

    /// <summary>The request with its applying limits.</summary>
    public LimitSet Limits
    {
        get => _limits;
        init => _limits = value;
    }

    // By reference: a copy of this structure costs as much as a decision's arithmetic.
    [UnscopedRef]
    internal ref readonly LimitSet LimitsRef => ref _limits;

    /// <summary>True for a refund or commit: no other store repeats it, since the primary may have made it.</summary>
    internal bool IsMadeOnce =>
        What == BucketOperation.Charge && (Limits.Facts.GivesBack || RecordKey is { Settles: true });

    internal bool IsPlainRefund => What == BucketOperation.Charge && Limits.Facts.GivesBack && RecordKey is null;

    /// <summary>Key of the stored answer, which prevents a second execution; null for none.</summary>
    internal RecordKey? RecordKey { get; init; }

    /// <summary>Tokens held back for instances that may not have settled yet; none by default.</summary>
    internal HeldBack HeldBack { get; init; }

    /// <summary>Per limit, end of the only window that takes a refund; null or 0 for any.</summary>
    internal long[]? OnlyEnds { get; init; }
}

/// <summary>Key of a stored answer. The fingerprint detects another request under the same id.</summary>
internal sealed record RecordKey(UInt128 Id, UInt128 Fingerprint)
{
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    public static UInt128 NewId() => BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16));

    public bool Settles { get; init; }

    // Record and time of an undone take; else null. The take stays while another caller was answered by its record, or
    // memory admitted a caller.
    public (UInt128 Id, long AtUs, bool IsAdmitted)? Undoes { get; init; }

    /// <summary>Time to settle; zero without a reservation.</summary>
    public TimeSpan Open { get; init; }

    public TimeSpan Life { get; init; } = Memory;

    public TimeSpan Keep => Open > Life ? Open : Life;

    /// <summary>True if the answer counts against the bound of the tenant's stored answers.</summary>
    public bool IsBounded { get; init; }

    public byte[] Text { get; init; } = [];
}

/// <summary>The stored answer to a request: its text, and a line per bucket.</summary>
public sealed record IdempotencyRecord(byte[] Text, IReadOnlyList<BucketLine> Lines)
{
    internal UInt128 Fingerprint { get; init; }

    internal StoreTime Time { get; init; }

    internal Share Share { get; init; }

    /// <summary>Clock and share of each line, if several partitions answered; else null.</summary>
    internal LineOrigin[]? Origins { get; init; }

    internal StoreTime TimeOf(int line) => Origins is { } origins ? origins[line].Time : Time;
}
