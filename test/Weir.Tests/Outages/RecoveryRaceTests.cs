using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

/// <summary>A recovery during which the primary is lost again, or somebody else's wait is canceled.</summary>
public sealed class RecoveryRaceTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly GatedPeers _peers = new();
    private readonly FakeStore _redis;
    private readonly FallbackStore _fallback;
    private readonly Recovery _recovery;

    public RecoveryRaceTests()
    {
        var memory = Some.Memory(_time);
        _redis = new FakeStore(_time);
        _fallback = new FallbackStore(memory, new KnownBuckets(512, _time), () => _peers.Count);
        _recovery = new Recovery(_redis, _fallback, _peers, memory.Clock, _time);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_recovery_that_the_next_outage_overtakes_changes_nothing_that_is_held_back(bool owes)
    {
        bool goesOn = true;
        _peers.Absent = 2;
        Assert.True(await _recovery.BeginAsync(CancellationToken.None));
        if (owes)
            (_redis.Fault, _) = (StoreFault.Unreachable, _fallback.Execute(new BucketCommand(Some.Request(), BucketOperation.Take)));
        _peers.Gate = new TaskCompletionSource();
        var completing = _recovery.CompleteAsync(() => goesOn, CancellationToken.None);
        Assert.Equal(2, _recovery.HeldBack.Absent);

        // The next outage begins, and its recovery, while the first one waits for a reply.
        goesOn = false;
        var gate = _peers.Gate;
        (_peers.Gate, _peers.Absent) = (null, 3);
        Assert.True(await _recovery.BeginAsync(CancellationToken.None));
        _peers.Absent = 0;
        gate.SetResult();
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await completing.WaitAsync(Until.Patience);

        Assert.Equal(3, _recovery.HeldBack.Absent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancellation_or_an_error_that_is_not_the_recoverys_own_ends_no_recovery(bool isCancellation)
    {
        _peers.Absent = 1;
        Assert.True(await _recovery.BeginAsync(CancellationToken.None));
        _peers.Error = isCancellation ? new OperationCanceledException("somebody else's") : new InvalidOperationException("peers are not to throw");
        var completing = _recovery.CompleteAsync(() => true, CancellationToken.None);
        Assert.False(completing.IsCompleted);

        (_peers.Error, _peers.Absent) = (null, 0);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await completing.WaitAsync(Until.Patience);
        Assert.False(_recovery.IsAwaiting);
    }

    [Fact]
    public async Task Its_own_cancellation_ends_a_recovery()
    {
        _peers.Absent = 1;
        Assert.True(await _recovery.BeginAsync(CancellationToken.None));
        using var stopping = new CancellationTokenSource();
        var completing = _recovery.CompleteAsync(() => true, stopping.Token);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing);
    }

    /// <summary>Other instances whose number the test sets, and whose replies it may hold up.</summary>
    private sealed class GatedPeers : IPeers
    {
        public event Action? Forgot
        {
            add { }
            remove { }
        }

        public int Absent { get; set; }

        public TaskCompletionSource? Gate { get; set; }

        public Exception? Error { get; set; }

        public int Count => 4;

        public bool IsInDoubt => false;

        public void Doubt()
        {
        }

        public ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default) => new(true);

        public void Part()
        {
        }

        public async ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default)
        {
            await WaitAsync();
            return new Membership(Absent, 0, TimeSpan.Zero, IsForgetful: false);
        }

        public async ValueTask<int?> FollowAsync(CancellationToken cancellation = default)
        {
            await WaitAsync();
            return Absent;
        }

        private Task WaitAsync() => Error is null ? Gate?.Task ?? Task.CompletedTask : Task.FromException(Error);
    }
}
