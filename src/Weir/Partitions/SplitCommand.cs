namespace Weir;

/// <summary>A command split into one part per partition, after a part for the head if there is a record.</summary>
internal sealed class SplitCommand
{
    private readonly BucketCommand _command;
    private readonly List<BucketCommand> _parts = [];

    private readonly int[] _partOf;

    public SplitCommand(in BucketCommand command, IShardMap map)
    {
        _command = command;
        _partOf = new int[command.Limits.Count];
        int partitions = map.Partitions, first = HasRecord ? 1 : 0, index = 0;
        var partitionOf = new int[_partOf.Length];
        var found = new List<int>();
        foreach (var limit in command.Limits)
        {
            int partition = partitionOf[index] = map.PartitionOf(command.Limits.Facts, limit);
            int part = found.IndexOf(partition);
            if (part < 0)
            {
                part = found.Count;
                found.Add(partition);
            }

            _partOf[index++] = first + part;
        }

        if (HasRecord)
            _parts.Add(HeadOf(partitionOf));
        foreach (int partition in found)
            _parts.Add(PartOf(_parts.Count, partition, partitions));
    }

    public int Count => _parts.Count;

    /// <summary>True if the command has a record. The first part then stores the head, and has no bucket.</summary>
    public bool HasRecord => _command.RecordKey is not null;

    public ref readonly BucketCommand Command => ref _command;

    public BucketCommand this[int part] => _parts[part];

    public BucketCommand LookAt(int part) => _parts[part] with { What = BucketOperation.Check, RecordKey = null };

    public BucketResult Merge(ReadOnlySpan<BucketResult> results)
    {
        var lines = new BucketLine[_partOf.Length];
        var origins = new LineOrigin[_partOf.Length];
        Span<int> taken = stackalloc int[Plan.MaxLimits + 1];
        taken.Clear();
        var worst = BucketOutcome.Allowed;
        int index = 0;
        foreach (var limit in _command.Limits)
        {
            int part = _partOf[index];
            lines[index] = results[part][taken[part]++];
            origins[index] = new LineOrigin(results[part].Time, results[part].Share)
            {
                IsDegraded = results[part].Degraded,
                IsLocal = results[part].IsLocal,
                IsUnasked = results[part].IsUnasked,
            };
            if (limit.Mode == LimitMode.Enforce && lines[index].Outcome > worst)
                worst = lines[index].Outcome;
            index++;
        }

        bool isDegraded = false, isRemembered = true, hasChanged = false, isByMemory = false;
        foreach (var result in results)
        {
            isDegraded |= result.Degraded;
            isRemembered &= result.IsRemembered;
            hasChanged |= result.HasChanged;
            isByMemory |= result.Source == DecisionSource.Memory;
        }

        // With a record, the source is that of the store with the record's head.
        var source = HasRecord ? results[0].Source : isByMemory ? DecisionSource.Memory : DecisionSource.Redis;
        var first = origins.Length > 0 ? origins[0] : new LineOrigin(results[0].Time, results[0].Share);
        return new BucketResult(worst, lines, first.Time, source)
        {
            Share = first.Share,
            Degraded = isDegraded,
            IsRemembered = isRemembered,
            HasChanged = hasChanged,
            Origins = origins,
        };
    }

    public BucketResult Remembered(in BucketResult head, IdempotencyRecord kept)
    {
        var lines = new BucketLine[_partOf.Length];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = i < kept.Lines.Count ? kept.Lines[i] : default;
        return new BucketResult(BucketOutcome.Allowed, lines, kept.Time, head.Source)
        {
            Degraded = head.Degraded,
            IsRemembered = true,
            Kept = kept,
        };
    }

    public BucketResult GivenBack(int part, in BucketResult result) => UndoCommand.Returned(_parts[part].Limits, result);

    // Returns the result of one part out of the merged one; null if the part was not asked.
    public BucketResult? ResultOf(int part, in BucketResult merged)
    {
        var lines = new List<BucketLine>();
        LineOrigin origin = default;
        for (int i = 0; i < _partOf.Length; i++)
        {
            if (_partOf[i] != part)
                continue;
            lines.Add(merged[i]);
            origin = merged.Origins![i];
        }

        if (origin.IsUnasked)
            return null;
        var (outcome, all) = (BucketOutcome.Allowed, lines.ToArray());
        var result = origin.IsLocal
            ? BucketResult.Locally(outcome, all, origin.Time)
            : new BucketResult(outcome, all, origin.Time, merged.Source);
        return result with { Share = origin.Share, Degraded = origin.IsDegraded };
    }

    public BucketResult Unasked(int part, in BucketResult result) =>
        new(BucketOutcome.Allowed, new BucketLine[_parts[part].Limits.Count], result.Time, result.Source)
        {
            Degraded = result.Degraded,
            IsUnasked = true,
        };

    private BucketCommand HeadOf(ReadOnlySpan<int> partitionOf)
    {
        var record = _command.RecordKey!;
        // Store the head as a take, because a charge without buckets stores no record.
        var what = record.Settles ? _command.What : BucketOperation.Take;
        return new BucketCommand(_command.Limits with { Applying = 0 }, what)
        {
            RecordKey = record with { Text = RecordHead.Write(partitionOf, record.Text) },
        };
    }

    private BucketCommand PartOf(int part, int partition, int partitions)
    {
        uint applying = 0;
        List<long>? ends = _command.OnlyEnds is null ? null : [];
        for (int i = 0; i < _partOf.Length; i++)
        {
            if (_partOf[i] != part)
                continue;
            applying |= _command.Limits.Only(i).Applying;
            ends?.Add(_command.OnlyEnds![i]);
        }

        return _command with
        {
            Limits = _command.Limits with { Applying = applying },
            OnlyEnds = ends?.ToArray(),
            RecordKey = _command.RecordKey is { } record
                ? record with { Id = Partition.IdIn(partition, record.Id, partitions), Text = [] } : null,
        };
    }
}
