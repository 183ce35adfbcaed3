using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Simulation;

/// <summary>
/// Instances that lease from one bucket, on one thread and in virtual time: the same seed is the same history. Requests and replies take their time, and
/// some are lost; instances are idle, stall, crash, and have clocks that run unlike each other. What is leased is decided by <see cref="Leasing"/>, as in production.
/// </summary>
internal sealed class LeaseSimulation
{
    private const string Tenant = "t";
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly Random _random;
    private readonly TokenQuota _quota;
    private readonly Limit _limit;
    private readonly ScriptModel _redis;
    private readonly IntervalBound _bound;
    private readonly Instance[] _instances;
    private readonly long _horizonUs;
    private readonly PlantedBug _bug;
    private long _nowUs = (Start - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private long _order;

    public LeaseSimulation(int seed, TokenQuota quota, TimeSpan horizon, int instances, PlantedBug bug = PlantedBug.None)
    {
        _bug = bug;
        _random = new Random(seed);
        _quota = quota;
        _limit = new Limit("l", Array.Empty<string>(), quota);
        _horizonUs = horizon.Ticks / TimeSpan.TicksPerMicrosecond;
        _redis = new ScriptModel(quota, _horizonUs) { Bug = bug };
        _bound = new IntervalBound(quota);
        _instances = [.. Enumerable.Range(0, instances).Select(_ => new Instance(horizon))];
    }

    /// <summary>Units admitted over the bound of law L1.</summary>
    public long UnitsOver => _bound.UnitsOver;

    /// <summary>Tokens admitted.</summary>
    public long Admitted => _bound.Tokens;

    /// <summary>Decisions asked for, and how often Redis was asked for one.</summary>
    public (long Decisions, long Asked) Counts { get; private set; }

    /// <summary>The longest time for which a request or a reply is on its way.</summary>
    public long MostLatencyUs { get; init; } = 2_000;

    /// <summary>The part of requests and replies that are lost.</summary>
    public double Lost { get; init; }

    /// <summary>Requests in a burst, about, with pauses of up to more than a horizon between bursts: what was leased in one is used in the next. 0 for no bursts.</summary>
    public int BurstLength { get; init; }

    /// <summary>Whether instances crash, stall, and idle.</summary>
    public bool Faults { get; init; }

    private sealed class Instance
    {
        private readonly FakeTimeProvider _clock = new(Start);
        private readonly TimeSpan _horizon;

        public Instance(TimeSpan horizon)
        {
            _horizon = horizon;
            Begin();
        }

        public KnownBuckets Known { get; private set; } = null!;

        public Leasing Leases { get; private set; } = null!;

        /// <summary>How fast its clock runs.</summary>
        public double Pace { get; set; } = 1;

        public long StalledUntilUs { get; set; }

        public void Advance(long us) => _clock.Advance(TimeSpan.FromMicroseconds(us * Pace));

        /// <summary>All that it knew is gone, with what was leased to it.</summary>
        public void Crash() => Begin();

        private void Begin()
        {
            Known = new KnownBuckets(1_024, _clock) { HorizonUs = _horizon.Ticks / TimeSpan.TicksPerMicrosecond };
            Leases = new Leasing(Known);
        }
    }

    /// <summary>Has each instance ask so often a second, for so long.</summary>
    public void Run(TimeSpan length, long maxCost, params double[] perSecond)
    {
        long endUs = _nowUs + (length.Ticks / TimeSpan.TicksPerMicrosecond);
        for (int i = 0; i < _instances.Length; i++)
        {
            var instance = _instances[i];
            instance.Pace = Faults ? 0.99 + (0.02 * _random.NextDouble()) : 1;
            Arrive(instance, 1e6 / perSecond[i % perSecond.Length], maxCost, endUs);
            Sweep(instance, endUs);
        }

        while (_events.TryDequeue(out var next, out var at))
        {
            long passed = at.Item1 - _nowUs;
            _nowUs = at.Item1;
            foreach (var instance in _instances)
                instance.Advance(passed);
            next();
        }
    }

    private void In(long us, Action what) => _events.Enqueue(what, (_nowUs + us, _order++));

    private void Arrive(Instance instance, double meanUs, long maxCost, long endUs)
    {
        long wait = BurstLength > 0 ? WaitInBursts() : (long)(-Math.Log(1 - _random.NextDouble()) * meanUs);
        if (Faults && _random.Next(2_000) == 0)
            wait += _random.Next(100_000);
        if (_nowUs + wait >= endUs)
            return;
        In(wait, () =>
        {
            if (Faults && _random.Next(5_000) == 0)
                instance.Crash();
            if (Faults && _random.Next(5_000) == 0)
                instance.StalledUntilUs = _nowUs + _random.Next(50_000);
            if (_nowUs >= instance.StalledUntilUs)
                Take(instance, _random.NextInt64(1, maxCost + 1));
            Arrive(instance, meanUs, maxCost, endUs);
        });
    }

    /// <summary>Half of the pauses are about as long as a horizon: that is where leases end, and where what is wrong with them shows.</summary>
    private long WaitInBursts() =>
        _random.Next(BurstLength) > 0 ? _random.Next(10) : _random.Next(2) == 0 ? _random.Next(30_000) : (_horizonUs * 3 / 4) + _random.Next((int)_horizonUs / 2);

    private void Take(Instance instance, long cost)
    {
        Counts = (Counts.Decisions + 1, Counts.Asked);
        var limits = new Plan("p", [_limit], OnOutage.Local).Resolve(new RequestFacts(Tenant, "k", cost));
        var command = new BucketCommand(limits, BucketOperation.Take);
        if (instance.Leases.TryDecide(command, out var answer, out var trip))
        {
            if (answer.Outcome == BucketOutcome.Allowed)
                _bound.Admit(_nowUs, cost);
            return;
        }

        Counts = (Counts.Decisions, Counts.Asked + 1);
        Send(() =>
        {
            var reply = _redis.Take(cost, trip![0], _nowUs);
            if (reply.Line.Outcome == BucketOutcome.Allowed)
                _bound.Admit(_nowUs, cost);
            Send(() => Learn(instance, command, trip, reply));
        });
    }

    private static LeaseTrip Late(in BucketCommand command, LeaseTrip trip, Instance instance)
    {
        var late = LeaseTrip.Of(instance.Leases, command);
        late.Ask(0, trip[0], trip.BucketOf(0));
        return late;
    }

    private void Learn(Instance instance, BucketCommand command, LeaseTrip trip, LeaseReply reply)
    {
        if (_bug == PlantedBug.LeaseBeginsWithItsReply)
            trip = Late(command, trip, instance);
        instance.Known.Learn(command, ResultOf(reply, reply.Leased), trip);
        if (_bug == PlantedBug.ReplyCountsTwice)
            instance.Known.Learn(command, ResultOf(reply, reply.Leased), trip);
        if (_bug == PlantedBug.ReturnIsKept && trip[0].Back > 0)
            instance.Known.Learn(command, ResultOf(reply, trip[0].Back), trip);
    }

    private BucketResult ResultOf(LeaseReply reply, long leased)
    {
        var state = reply.Line.State;
        long units = _quota.UnitsOf(leased);
        var line = reply.Line with { State = state with { Spent = state.Spent - units }, Leased = units };
        return new BucketResult(line.Outcome, [line], reply.Time, DecisionSource.Redis);
    }

    private void Sweep(Instance instance, long endUs) => In(_horizonUs, () =>
    {
        if (_nowUs >= instance.StalledUntilUs)
        {
            foreach (var (_, wish) in instance.Leases.TakeEnded())
                Send(() => _redis.Return(wish, _nowUs));
        }

        if (_nowUs < endUs)
            Sweep(instance, endUs);
    });

    private void Send(Action what)
    {
        if (_random.NextDouble() >= Lost)
            In(_random.NextInt64(50, MostLatencyUs + 1), what);
    }
}
