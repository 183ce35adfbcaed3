namespace Weir.Tests.Outages;

/// <summary>Instances that tell each other by themselves when they leave the primary and come back.</summary>
internal sealed class FakePeers(TimeProvider time)
{
    private readonly HashSet<Member> _absent = [];
    private readonly HashSet<Member> _all = [];
    private readonly HashSet<Member> _ready = [];
    private long? _returned;

    /// <summary>False if the primary does not answer heartbeats.</summary>
    public bool Answers { get; set; } = true;

    /// <summary>Whether the primary has lost its memory since the last meeting of a member.</summary>
    public bool IsForgetful { get; set; }

    /// <summary>Some instance that is not the last one to join.</summary>
    public IPeers AnyOther => _all.First();

    /// <summary>Has the first instance come back so much earlier.</summary>
    public void ReturnedEarlier(TimeSpan by) => _returned = Now - (long)(by.TotalSeconds * time.TimestampFrequency);

    /// <summary>The primary leaves a heartbeat of each instance unanswered.</summary>
    public void Miss()
    {
        foreach (var member in _all)
            member.Miss();
    }

    public IPeers Join()
    {
        var member = new Member(this);
        _all.Add(member);
        return member;
    }

    private sealed class Member(FakePeers peers) : IPeers
    {
        public event Action? Forgot
        {
            add { }
            remove { }
        }

        public event Action? Missed;

        public int Count => peers._all.Count;

        public void Miss() => Missed?.Invoke();

        public bool IsInDoubt { get; private set; }

        public void Doubt() => IsInDoubt = true;

        public ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default)
        {
            IsInDoubt &= !peers.Answers;
            return new(!IsInDoubt);
        }

        public void Part()
        {
            peers._absent.Add(this);
            peers._ready.Remove(this);
        }

        public ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default)
        {
            if (isReady)
                peers._ready.Add(this);
            peers._returned ??= peers.Now;
            return new(new Membership(peers._absent.Count(other => other != this), peers._absent.Count(other => other != this && !peers._ready.Contains(other)), peers.Time.GetElapsedTime(peers._returned.Value), peers.IsForgetful));
        }

        public ValueTask<int?> FollowAsync(CancellationToken cancellation = default)
        {
            IsInDoubt = false;
            peers._absent.Remove(this);
            if (peers._absent.Count == 0)
                peers._returned = null;
            return new(peers._absent.Count);
        }
    }

    private TimeProvider Time => time;

    private long Now => time.GetTimestamp();
}
