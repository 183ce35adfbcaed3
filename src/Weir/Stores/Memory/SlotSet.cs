using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Weir;

// Sixteen slots in six cache lines: two of heads, which identify the buckets, and four of slots. A head is 47 bits of
// the bucket's hash, 16 of the tenant's hash and a zero; 0 marks an empty slot. The zero of the first head is the lock.
internal readonly unsafe struct SlotSet(ulong* heads) : IComparable<SlotSet>
{
    public const int Count = 16;
    public const int Size = Count * (sizeof(ulong) + Slot.Size);
    private const int HeadLines = 2;
    private const int SlotsPerLine = SlotMemory.CacheLine / Slot.Size;
    private const int HashAt = 17;
    private const ulong LockBit = 1;

    private readonly ulong* _heads = heads;

    public bool IsNone => _heads is null;

    /// <summary>Returns the tenant's short hash. Two tenants collide with a chance of 1 in 65,536.</summary>
    public static uint TenantOf(ulong head) => (ushort)(head >> 1);

    public static ulong HeadOf(ulong hash, ulong tenantHash)
    {
        ulong head = (hash >> HashAt << HashAt) | ((ulong)(ushort)tenantHash << 1);
        return head >> HashAt == 0 ? head | (1UL << HashAt) : head;
    }

    public uint Empties => Matches(0);

    public ulong HeadAt(int index) => _heads[index] & ~LockBit;

    public Slot* SlotAt(int index) => (Slot*)(_heads + Count) + index;

    /// <summary>Returns the index of a bucket, or -1. The result may be outdated unless the set is locked.</summary>
    public int Find(ulong head)
    {
        uint matches = Matches(head);
        return matches == 0 ? -1 : BitOperations.TrailingZeroCount(matches);
    }

    public static int BestOf(uint slots, ulong head)
    {
        uint near = slots & (((1u << SlotsPerLine) - 1) << (LineOf(head) * SlotsPerLine));
        return BitOperations.TrailingZeroCount(near != 0 ? near : slots);
    }

    public void Put(int index, ulong head, BucketState state, int rateId)
    {
        SlotAt(index)->Put(state, rateId);
        _heads[index] = head | (_heads[index] & LockBit);
    }

    /// <summary>Prefetches the heads, and the line that most likely has the slot of the bucket.</summary>
    public void Prefetch(ulong head)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(_heads);
        Sse.Prefetch0((byte*)_heads + SlotMemory.CacheLine);
        Sse.Prefetch0((byte*)_heads + ((HeadLines + LineOf(head)) * SlotMemory.CacheLine));
    }

    /// <summary>Locks the set. Spins, because a lock is held for a few dozen nanoseconds.</summary>
    public void Lock()
    {
        var spinner = default(SpinWait);
        while (true)
        {
            ulong head = Volatile.Read(ref *_heads);
            if ((head & LockBit) == 0 && Interlocked.CompareExchange(ref *_heads, head | LockBit, head) == head)
                return;
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    public void Unlock() => Volatile.Write(ref *_heads, *_heads & ~LockBit);

    public int CompareTo(SlotSet other) => ((nuint)_heads).CompareTo((nuint)other._heads);

    private static int LineOf(ulong head) => (int)(head >> HashAt) & ((Count / SlotsPerLine) - 1);

    private uint Matches(ulong head)
    {
        var wanted = Vector512.Create(head | LockBit);
        var unlocked = Vector512.Create(LockBit);
        ulong low = Vector512.Equals(Vector512.Load(_heads) | unlocked, wanted).ExtractMostSignificantBits();
        ulong high = Vector512.Equals(Vector512.Load(_heads + 8) | unlocked, wanted).ExtractMostSignificantBits();
        return (uint)(low | (high << 8));
    }
}
