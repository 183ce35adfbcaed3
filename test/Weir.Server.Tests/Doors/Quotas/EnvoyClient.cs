using Microsoft.Extensions.Time.Testing;

namespace Weir.Server.Tests.Doors.Quotas;

/// <summary>
/// A client as Envoy is one: it gets a full bucket with each assignment, and refuses requests when its time is over.
/// Messages may be late by a lifetime, and it may ignore new assignments while it has one.
/// </summary>
internal sealed class EnvoyClient(FakeTimeProvider time, Random random) : IAssignee
{
    private readonly Queue<(DateTimeOffset At, Assignment Assignment)> _underway = [];
    private Assignment _current;
    private DateTimeOffset _until = DateTimeOffset.MinValue;
    private long _left;
    private DateTimeOffset _lastReport = time.GetUtcNow();
    private long _reported;

    /// <summary>The subscription of this client.</summary>
    public Subscription? Subscription { get; set; }

    /// <summary>Longest time that a message takes, as a part of the lifetime.</summary>
    public double Lag { get; init; }

    /// <summary>True to keep an assignment until it is over, whatever comes meanwhile.</summary>
    public bool IgnoresUpdates { get; init; }

    public long Admitted { get; private set; }

    public long Asked { get; private set; }

    public bool IsAbandoned { get; private set; }

    public void Assign(in Assignment assignment)
    {
        var at = time.GetUtcNow() + (assignment.Lifetime * Lag * random.NextDouble());
        _underway.Enqueue((at, assignment));
    }

    public void Abandon() => IsAbandoned = true;

    /// <summary>Asks to admit one request.</summary>
    public bool Ask()
    {
        Receive();
        Asked++;
        bool isAllowed = time.GetUtcNow() < _until && (_current.Tokens is null || _left-- > 0);
        Admitted += isAllowed ? 1 : 0;
        return isAllowed;
    }

    public void ReportUsage()
    {
        var elapsed = time.GetUtcNow() - _lastReport;
        // Envoy rounds down to seconds.
        Subscription!.Report(Asked - _reported, TimeSpan.FromSeconds((long)elapsed.TotalSeconds));
        (_reported, _lastReport) = (Asked, time.GetUtcNow());
    }

    private void Receive()
    {
        while (_underway.TryPeek(out var next) && next.At <= time.GetUtcNow())
        {
            _underway.Dequeue();
            if (IgnoresUpdates && next.At < _until)
                continue;
            (_current, _left, _until) = (next.Assignment, next.Assignment.Tokens ?? 0, next.At + next.Assignment.Lifetime);
        }
    }
}
