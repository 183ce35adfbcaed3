using System.IO.Hashing;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

public sealed class SnapshotTests : IDisposable
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-snapshot-").FullName;

    private string FilePath => Path.Combine(_folder, "buckets");

    private SnapshotFile File => new(FilePath);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static BucketOutcome Take(MemoryStore store, string key, long cost = 1) =>
        store.TakeAsync(Some.Request(key, cost)).Result.Outcome;

    private MemoryStore StoreWith(params string[] spentKeys)
    {
        var store = new MemoryStore(new MemoryStoreOptions { MaxKeys = 64 }, _time);
        foreach (string key in spentKeys)
            Take(store, key, 10);
        return store;
    }

    [Fact]
    public void What_was_spent_is_still_spent_after_a_restart()
    {
        File.Write(StoreWith("a", "b"));
        var restarted = StoreWith();
        Assert.Equal(new SnapshotRead(2, 0, 0, 0, null), File.Read(restarted));
        Assert.Equal(BucketOutcome.Refused, Take(restarted, "a"));
        Assert.Equal(BucketOutcome.Refused, Take(restarted, "b"));
        Assert.Equal(BucketOutcome.Allowed, Take(restarted, "c"));
    }

    [Fact]
    public void Time_goes_on_while_the_process_is_away()
    {
        File.Write(StoreWith("a"));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        var restarted = StoreWith();
        File.Read(restarted);
        Assert.Equal(BucketOutcome.Refused, Take(restarted, "a", 5));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BucketOutcome.Allowed, Take(restarted, "a", 5));
    }

    [Fact]
    public void L5_a_wall_clock_that_stepped_back_while_the_process_was_away_mints_nothing()
    {
        File.Write(StoreWith("a"));
        var earlier = new FakeTimeProvider(_time.GetUtcNow() - TimeSpan.FromHours(5));
        var restarted = new MemoryStore(new MemoryStoreOptions { MaxKeys = 64 }, earlier);
        File.Read(restarted);
        Assert.Equal(BucketOutcome.Refused, Take(restarted, "a"));
    }

    [Fact]
    public void Buckets_that_are_as_new_are_not_written()
    {
        var store = StoreWith("a");
        _time.Advance(TimeSpan.FromSeconds(2));
        File.Write(store);
        Assert.Equal(new SnapshotRead(0, 0, 0, 0, null), File.Read(StoreWith()));
    }

    [Fact]
    public void Shared_buckets_stay_shared()
    {
        var store = StoreWith();
        for (int i = 0; i < 5_000; i++)
            Take(store, $"flood{i}", 10);
        File.Write(store);
        var restarted = StoreWith();
        File.Read(restarted);
        Assert.Equal(BucketOutcome.Refused, Take(restarted, "homeless"));
        Assert.Equal(1, restarted.Overflow.Used);
    }

    [Fact]
    public void A_smaller_store_says_how_many_buckets_found_no_room()
    {
        var large = new MemoryStore(new MemoryStoreOptions { MaxKeys = 4096 }, _time);
        for (int i = 0; i < 1_000; i++)
            Take(large, $"key{i}", 10);
        File.Write(large);
        var read = File.Read(StoreWith())!;
        Assert.Equal(1_000, read.Buckets + read.Dropped);
        Assert.True(read.Dropped > 0);
    }

    [Fact]
    public void No_file_is_no_fault() => Assert.Null(File.Read(StoreWith()));

    [Fact]
    public void A_torn_snapshot_is_reported_and_changes_nothing()
    {
        File.Write(StoreWith("a", "b"));
        byte[] whole = System.IO.File.ReadAllBytes(FilePath);
        Gen.Int[0, whole.Length - 1].Sample(
            length =>
            {
                var store = StoreWith();
                var read = Snapshot.Read(store, new MemoryStream(whole, 0, length));
                Assert.NotNull(read.Fault);
                Assert.Equal(0, store.Used);
            },
            threads: 1);
    }

    [Fact]
    public void A_snapshot_with_any_bit_changed_is_reported_and_changes_nothing()
    {
        File.Write(StoreWith("a", "b"));
        byte[] whole = System.IO.File.ReadAllBytes(FilePath);
        Gen.Int[0, (whole.Length * 8) - 1].Sample(
            bit =>
            {
                var changed = (byte[])whole.Clone();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                var store = StoreWith();
                Assert.NotNull(Snapshot.Read(store, new MemoryStream(changed)).Fault);
                Assert.Equal(0, store.Used);
            },
            threads: 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_snapshot_of_another_version_is_reported_and_changes_nothing(int version)
    {
        File.Write(StoreWith("a"));
        System.IO.File.WriteAllBytes(FilePath, OfVersion(System.IO.File.ReadAllBytes(FilePath), version));
        var restarted = StoreWith();
        Assert.Equal($"its version is {version}; this program reads 4", File.Read(restarted)!.Fault);
        Assert.Equal(0, restarted.Used);
    }

    [Fact]
    public void L11_A_tenant_that_held_all_it_may_has_every_bucket_again_after_a_restart()
    {
        var store = StoreWith([.. Enumerable.Range(0, 1_000).Select(i => $"flood{i}")]);
        long held = store.Used;
        File.Write(store);
        var read = File.Read(StoreWith())!;
        // A slot is refused only where all 32 are taken: their shared bucket counts as one more.
        Assert.InRange(read.Buckets, held * 9 / 10, held + 1);
        Assert.Equal(held + 1, read.Buckets + read.Dropped);
    }

    [Fact]
    public void The_format_is_this_to_the_byte()
    {
        var store = new MemoryStore(new MemoryStoreOptions { MaxKeys = 64, HashSeed = 7 }, _time);
        Take(store, "a");
        var stream = new MemoryStream();
        Snapshot.Write(store, stream);
        byte[] bytes = stream.ToArray();
        int rates = BitConverter.ToInt32(bytes, 12);
        Assert.Equal("WEIRSNAP"u8.ToArray(), bytes[..8]);
        Assert.Equal(4, BitConverter.ToInt32(bytes, 8));
        Assert.Equal((7, store.Time.NowUs, store.Time.WallUs),
            (BitConverter.ToInt64(bytes, 16), BitConverter.ToInt64(bytes, 24), BitConverter.ToInt64(bytes, 32)));
        int slots = 40 + (rates * 24), records = slots + (4 * 24);
        Assert.Equal(records + 8 + 8 + 16, bytes.Length);
        int rate = Some.Quota.Rate.Id;
        Assert.Equal(HeadOf(Some.Request("a"), 7), BitConverter.ToUInt64(bytes, slots));
        Assert.Equal((200_000UL << 11) | ((uint)rate & 2047), BitConverter.ToUInt64(bytes, slots + 8));
        Assert.Equal(((ulong)store.Time.NowUs << 11) | ((uint)rate >> 11), BitConverter.ToUInt64(bytes, slots + 16));
        // Three empty buckets, no limit with permits, no record.
        Assert.All(bytes[(slots + 24)..(records + 8)], zero => Assert.Equal(0, zero));
        Assert.Equal(records, BitConverter.ToInt64(bytes, records + 8));
    }

    [Fact]
    public void Only_the_owner_may_read_the_file_and_no_other_file_is_left()
    {
        File.Write(StoreWith("a"));
        File.Write(StoreWith("a"));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(FilePath));
    }

    private static ulong HeadOf(LimitSet limits, long seed) => BucketHash.HeadOf(BucketHash.Of(limits.Facts, limits.First, seed));

    /// <summary>A snapshot as a program of that version would have written it, or will.</summary>
    private static byte[] OfVersion(byte[] snapshot, int version)
    {
        BitConverter.TryWriteBytes(snapshot.AsSpan(8), version);
        XxHash128.Hash(snapshot.AsSpan(..^16), snapshot.AsSpan(^16..));
        return snapshot;
    }
}
