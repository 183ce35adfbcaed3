using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Weir;

/// <summary>What a store is to do.</summary>
public enum BucketOperation
{
    /// <summary>Say whether a take would be allowed and how the buckets stand now, and spend nothing.</summary>
    Check,

    /// <summary>Spend the cost if all limits that are enforced allow it; else nothing is spent (law L2).</summary>
    Take,

    /// <summary>
    /// Spend the cost without asking, or give it back if it is negative, though never more than was spent; and give
    /// back the holder's permits.
    /// </summary>
    Charge,

    /// <summary>Forget all spending and all permits.</summary>
    Reset,

    /// <summary>
    /// As <see cref="Charge"/>, with a cost in units instead of tokens: settles spending without the store.
    /// </summary>
    Settle,

    /// <summary>
    /// Charge, in units, by how much the cost exceeds what the second limit's bucket holds, and that bucket as well:
    /// restores what a store that lost its memory held, once, whichever instance tells it and in which order.
    /// </summary>
    Restore,
}

/// <summary>What a store is asked, in one call: about which buckets, and what to do with them.</summary>
/// <param name="Limits">The request with the limits that apply; there is at least one, or a record to keep.</param>
/// <param name="What">What to do.</param>
public readonly record struct BucketCommand(LimitSet Limits, BucketOperation What)
{
    private readonly LimitSet _limits = Limits;

    /// <inheritdoc cref="BucketCommand(LimitSet, BucketOperation)"/>
    public LimitSet Limits
    {
        get => _limits;
        init => _limits = value;
    }

    /// <summary>
    /// The same, where it is: a copy of so large a structure costs as much as a decision's arithmetic.
    /// </summary>
    [UnscopedRef]
    internal ref readonly LimitSet LimitsRef => ref _limits;

    /// <summary>
    /// True for a refund or a commit. While the primary is asked, no other store makes one: the primary may have made
    /// it.
    /// </summary>
    internal bool IsMadeOnce =>
        What == BucketOperation.Charge && (Limits.Facts.GivesBack || RecordKey is { Settles: true });

    /// <summary>True for a refund without an idempotency key.</summary>
    internal bool IsPlainRefund => What == BucketOperation.Charge && Limits.Facts.GivesBack && RecordKey is null;

    /// <summary>
    /// Under what the answer is kept, so that it is given again and nothing is done twice; null to keep nothing.
    /// </summary>
    internal RecordKey? RecordKey { get; init; }

    /// <summary>Tokens held back for instances that may not have settled yet; the default is none.</summary>
    internal HeldBack HeldBack { get; init; }

    /// <summary>
    /// Of each limit the end of the only window to which anything is given back; null, or 0, for any.
    /// </summary>
    internal long[]? OnlyEnds { get; init; }
}

/// <summary>The key of a stored answer: for repeated requests, and for the settlement of a reservation.</summary>
/// <param name="Id">Its id within the tenant.</param>
/// <param name="Fingerprint">Fingerprint of the request, so that another request under the same id is noticed.</param>
internal sealed record RecordKey(UInt128 Id, UInt128 Fingerprint)
{
    /// <summary>How long an answer is stored for repeated requests.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    /// <summary>Returns a random id.</summary>
    public static UInt128 NewId() => BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(16));

    /// <summary>True to settle a stored reservation, if it exists, is open and not expired.</summary>
    public bool Settles { get; init; }

    /// <summary>
    /// The record of a take that is undone, and when the take was executed; null for all other commands. The take
    /// stays, and its record, as long as another caller was answered by it. A caller that memory admitted then counts
    /// on it, too.
    /// </summary>
    public (UInt128 Id, long AtUs, bool IsAdmitted)? Undoes { get; init; }

    /// <summary>How long it may be settled; zero when there is nothing to settle.</summary>
    public TimeSpan Open { get; init; }

    /// <summary>How long it is stored for repeated requests.</summary>
    public TimeSpan Life { get; init; } = Memory;

    /// <summary>How long it is kept.</summary>
    public TimeSpan Keep => Open > Life ? Open : Life;

    /// <summary>True if it counts against the bytes that the stored answers of the tenant may take.</summary>
    public bool IsBounded { get; init; }

    /// <summary>The stored text.</summary>
    public byte[] Text { get; init; } = [];
}

/// <summary>A stored answer.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="Lines">What each bucket said.</param>
public sealed record IdempotencyRecord(byte[] Text, IReadOnlyList<BucketLine> Lines)
{
    /// <summary>Fingerprint of the request.</summary>
    internal UInt128 Fingerprint { get; init; }

    /// <summary>The store's clock at the answer.</summary>
    internal StoreTime Time { get; init; }

    /// <summary>The part of the buckets that answered.</summary>
    internal Share Share { get; init; }

    /// <inheritdoc cref="BucketResult.Origins"/>
    internal LineOrigin[]? Origins { get; init; }

    /// <summary>The clock of a line.</summary>
    internal StoreTime TimeOf(int line) => Origins is { } origins ? origins[line].Time : Time;
}
