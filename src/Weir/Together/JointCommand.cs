namespace Weir;

/// <summary>Takes from the buckets of several requests, all or none (law L2).</summary>
// Asks for all parts in parallel. If one is refused, undoes the takes within a round trip, as PartitionedStore does, so
// that no limit is exceeded. Charges a bucket that several parts share once, by the highest cost.
internal sealed class JointCommand(IBucketStore store)
{
    private readonly List<Part> _parts = [];

    /// <summary>Adds a part with at least one applying limit. Call before <see cref="ExecuteAsync"/>.</summary>
    public void Add(in LimitSet limits, bool spend) => _parts.Add(new Part(limits, spend));

    /// <summary>Executes the command. Spends nothing if a part is refused, here or before (isRefused).</summary>
    /// <returns>True if the parts are admitted.</returns>
    public async ValueTask<bool> ExecuteAsync(bool isRefused)
    {
        ShareBuckets();
        foreach (var part in _parts)
            isRefused |= !part.Begin(store, onlyLook: isRefused);
        foreach (var part in _parts)
            isRefused |= !await part.EndAsync().ConfigureAwait(false);
        if (!isRefused)
            return true;
        foreach (var part in _parts)
            part.Undo(store);
        return false;
    }

    /// <summary>Returns the result of a part, in the order in which the parts were added.</summary>
    public BucketResult ResultOf(int part) => _parts[part].Result();

    // A part with a higher cost comes first, so that it is the one that asks for a shared bucket.
    private void ShareBuckets()
    {
        var owners =
            new Dictionary<(string Name, Quota Quota, LimitMode Mode, long Cost, string Unit), (Part Owner, int Line)>();
        foreach (var part in _parts.OrderByDescending(part => part.Cost))
            part.ShareBuckets(owners);
    }

    private sealed class Part
    {
        private readonly LimitSet _limits;
        private readonly bool _spend;
        private readonly List<(Part Owner, int Line)> _lines = [];
        private BucketCommand _command;
        private PendingResult? _pending;
        private BucketResult _result;
        private bool _isLook;

        public Part(in LimitSet limits, bool spend) => (_limits, _spend) = (limits, spend);

        /// <summary>Cost of the take; 0 for a check.</summary>
        public long Cost => _spend ? _limits.Facts.Cost : 0;

        // Without buckets of its own, a part asks for nothing.
        private bool IsAsked => !_command.LimitsRef.IsEmpty;

        public void ShareBuckets(
            Dictionary<(string Name, Quota Quota, LimitMode Mode, long Cost, string Unit), (Part Owner, int Line)> owners)
        {
            uint own = 0;
            for (int i = 0; i < _limits.Count; i++)
            {
                var one = _limits.Only(i);
                var limit = one.First;
                // The key of a descriptor may have a plan of its own, with other numbers for the same bucket.
                var name = (NameOf(one), limit.Quota, limit.Mode, limit.Cost, limit.Unit);
                if (!owners.TryGetValue(name, out var owner))
                {
                    owners[name] = owner = (this, System.Numerics.BitOperations.PopCount(own));
                    own |= one.Applying;
                }

                _lines.Add(owner);
            }

            _command = new BucketCommand(
                _limits with { Applying = own }, _spend ? BucketOperation.Take : BucketOperation.Check);
        }

        /// <summary>Returns false if the part is refused at once.</summary>
        public bool Begin(IBucketStore store, bool onlyLook)
        {
            if (!IsAsked)
                return true;
            _isLook = onlyLook || !_spend;
            if (_isLook)
                _command = _command with { What = BucketOperation.Check };
            _pending = store.Execute(_command, out _result);
            return _pending is not null || IsAdmitted();
        }

        /// <summary>Waits for the result. Returns false if the part is refused.</summary>
        public async ValueTask<bool> EndAsync()
        {
            if (_pending is { } pending)
            {
                await pending.Arrival.ConfigureAwait(false);
                _result = pending.Take();
                _pending = null;
            }

            return !IsAsked || IsAdmitted();
        }

        public void Undo(IBucketStore store)
        {
            if (!IsAsked || _isLook || _result is not { Fault: StoreFault.None, Outcome: BucketOutcome.Allowed })
                return;
            _ = store.Undo(_command, _result);
            _result = UndoCommand.Returned(_command.Limits, _result);
        }

        /// <summary>Returns the lines of all limits, some of which another part has asked for.</summary>
        public BucketResult Result()
        {
            var first = _lines[0].Owner._result;
            var lines = new BucketLine[_lines.Count];
            var origins = new LineOrigin[_lines.Count];
            var worst = BucketOutcome.Allowed;
            bool isDegraded = false;
            int index = 0;
            foreach (var limit in _limits)
            {
                var (owner, line) = _lines[index];
                if (owner._result.Fault != StoreFault.None)
                    return owner._result;
                lines[index] = owner._result[line];
                origins[index] = owner._result.OriginOf(line);
                isDegraded |= owner._result.Degraded;
                if (limit.Mode == LimitMode.Enforce && lines[index].Outcome > worst)
                    worst = lines[index].Outcome;
                index++;
            }

            return new BucketResult(worst, lines, first.Time, first.Source)
            {
                Share = first.Share,
                Degraded = isDegraded,
                Origins = origins,
            };
        }

        // Without a store, the plan decides.
        private bool IsAdmitted() => _result.Fault == StoreFault.None
            ? _result.Outcome == BucketOutcome.Allowed
            : _limits.Plan.OnOutage == OnOutage.Allow && _result.Fault != StoreFault.AnswersFull;

        /// <summary>Names the bucket of a set of one limit; parts of one request have the same tenant.</summary>
        private static string NameOf(in LimitSet one)
        {
            var limit = one.First;
            string name = limit.Quota is ConcurrencyQuota ? limit.Name + "~" : limit.Name;
            foreach (var dimension in limit.Dimensions)
                name += dimension.ValueIn(one.Facts) is { } value ? $"\0={value}" : "\0";
            return name;
        }
    }
}
