namespace Weir.Tests.Outages;

/// <summary>Instances that tell each other by themselves when they leave the primary and come back.</summary>
internal sealed class FakePeers(TimeProvider time)
{
    private readonly HashSet<Member> _absent = [];
    private readonly HashSet<Member> _all = [];
    private readonly HashSet<Member> _ready = [];
    private long? _returned;

    /// <summary>Whether the primary has lost its memory since the last meeting of a member.</summary>
    public bool IsForgetful { get; set; }

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

        public int Count => peers._all.Count;

        public void Part()
        {
            peers._absent.Add(this);
            peers._ready.Remove(this);
        }

        public ValueTask<Meeting?> MeetAsync(bool isReady, CancellationToken cancellation = default)
        {
            if (isReady)
                peers._ready.Add(this);
            peers._returned ??= peers.Now;
            return new(new Meeting(peers._absent.Count(other => other != this), peers._absent.Count(other => other != this && !peers._ready.Contains(other)), peers.Time.GetElapsedTime(peers._returned.Value), peers.IsForgetful));
        }

        public ValueTask<int?> FollowAsync(CancellationToken cancellation = default)
        {
            peers._absent.Remove(this);
            if (peers._absent.Count == 0)
                peers._returned = null;
            return new(peers._absent.Count);
        }
    }

    private TimeProvider Time => time;

    private long Now => time.GetTimestamp();
}
