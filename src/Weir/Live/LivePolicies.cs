namespace Weir;

/// <summary>Current policies: the document of the file or the live document, with live overrides and blocks.</summary>
// A change by this instance is applied as a whole or not at all (law L12). Changes of peers apply if the document
// accepts them, in any order, so that instances with the same entries decide alike.
public sealed class LivePolicies : IPolicySource, IDisposable
{
    /// <summary>Maximum number of keys that an update checks for errors, which bounds its duration.</summary>
    private const int MaxKeysToldOf = 1_000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _expiry;
    private readonly LiveTenants _tenants = new();
    private readonly LiveKeys _keys = new();
    private readonly LiveBlocks _blocks = new();
    private readonly KeyHash? _privacy;
    private readonly LiveDocuments _documents;
    private volatile string _fileText;
    private PolicySet _draft;
    private volatile PolicySet _current;
    private PolicySet? _candidateDraft;
    private volatile PolicySet? _candidate;

    /// <summary>Creates policies that start with those of a file.</summary>
    /// <param name="file">Policies of the file.</param>
    /// <param name="time">Clock for the ends of overrides and blocks.</param>
    /// <param name="text">Text of the file, for <see cref="FileText"/>.</param>
    /// <param name="privacy">Hashes keys before they are looked up; null if keys are stored as plain text.</param>
    public LivePolicies(PolicySet file, TimeProvider time, string text = "", KeyHash? privacy = null)
    {
        _privacy = privacy;
        _documents = new LiveDocuments(file);
        _fileText = text;
        _draft = file;
        _current = file;
        _time = time;
        _expiry = time.CreateTimer(static policies => ((LivePolicies)policies!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public PolicySet Current => _current;

    /// <inheritdoc/>
    public PolicySet? Candidate => _candidate;

    /// <summary>Text of the policy file. A live document may replace the file.</summary>
    public string FileText => _fileText;

    /// <summary>True if a live document replaces the file.</summary>
    public bool HasLiveDocument
    {
        get
        {
            lock (_gate)
                return _documents.HasLive;
        }
    }

    /// <summary>Number of keys that are currently blocked.</summary>
    public int BlockCount => _current.Blocks.Count;

    /// <summary>Replaces the file's policies, or returns their errors with live overrides if they are in use.</summary>
    public IReadOnlyList<PolicyError> UseFile(PolicySet file, string text = "") => Change(() =>
    {
        var errors = _documents.HasLive ? [] : TryLocked(file);
        if (errors.Count > 0)
            return errors;
        (_documents.File, _fileText) = (file, text);
        return _documents.HasLive ? [] : RebuildLocked();
    });

    /// <summary>Applies changes of peers, and returns their errors. A whole read replaces all live data.</summary>
    // An invalid document changes nothing. An override that the document rejects waits for a document that accepts it;
    // after a whole read, CompileTenants reports such overrides.
    public IReadOnlyList<PolicyError> Apply(LiveRead read) => Change(() =>
    {
        var errors = new List<PolicyError>();
        if (read.IsWhole)
        {
            _tenants.Clear();
            _keys.Clear();
            _blocks.Clear();
        }

        var (isOther, triesOther) = _documents.Take(read, errors);
        var now = _time.GetUtcNow();
        foreach (var entry in read.Entries)
            TakeLocked(entry, now, errors);
        string[] tenants = [.. IdsOf(read, LiveKind.Tenant, LiveKind.Boost)];
        if (read.IsWhole)
            errors.AddRange(LayLocked());
        else
            errors.AddRange(isOther ? RebuildLocked() : UpdateLocked(tenants, [.. IdsOf(read, LiveKind.KeyLimits).Select(KeyId.Read).OfType<(string, string)>()]));
        if (isOther || triesOther || read.IsWhole)
            RebuildCandidateLocked();
        _tenants.Tidy(tenants);
        return errors;
    });

    /// <summary>Validates a document (null: the file) with the live overrides, and returns the errors.</summary>
    public IReadOnlyList<PolicyError> Try(PolicySet? document)
    {
        lock (_gate)
            return TryLocked(document ?? _documents.File);
    }

    /// <summary>Validates a tenant's new override (null: no override) without using it. Returns the errors.</summary>
    public IReadOnlyList<PolicyError> TryTenant(string tenant, string? text)
    {
        lock (_gate)
            return Try(tenant, _tenants[tenant] with { Text = text }, text);
    }

    /// <summary>Validates a tenant's new boost (null: no boost) without using it. Returns the errors.</summary>
    public IReadOnlyList<PolicyError> TryBoost(string tenant, string? text)
    {
        lock (_gate)
            return Try(tenant, _tenants[tenant] with { Boost = text }, text);
    }

    /// <summary>Validates a key's new override (null: no override) without using it. Returns the errors.</summary>
    public IReadOnlyList<PolicyError> TryKey(string id, string? text)
    {
        if (text is null || KeyId.Read(id) is not { } name)
            return [];
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var errors = PolicyDocument.CompileKey(_draft, name, text, _tenants[name.Tenant].TextOf(_draft, name.Tenant, now)).Errors;
            return PolicyDocument.EndOfKey(text) is { } end && end.Time <= now ? [.. errors, IsOver($"key {name.Key} of tenant {name.Tenant}", end.Place)] : errors;
        }
    }

    /// <summary>Compiles the pending tenants and keys of a whole read in steps. Returns errors by step.</summary>
    public IEnumerable<IReadOnlyList<PolicyError>> CompileTenants()
    {
        var set = _current;
        return set.Live.CompileAll().Concat(set.LiveKeys.CompileAll());
    }

    /// <summary>Returns whether a tenant has a boost, or an override with an end.</summary>
    public bool IsBoosted(string tenant)
    {
        lock (_gate)
            return _tenants.IsBoosted(tenant);
    }

    /// <summary>Returns ids of ended but still stored entries of a kind, the earliest end first.</summary>
    public IReadOnlyList<string> Ended(string kind, DateTimeOffset by, int most)
    {
        lock (_gate)
        {
            var ended = kind switch
            {
                LiveKind.Block => _blocks.EndedBy(by),
                LiveKind.Boost => _tenants.BoostsEndedBy(by),
                LiveKind.KeyLimits => _keys.EndedBy(by),
                _ => [],
            };
            return [.. ended.Take(most)];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _expiry.Dispose();

    private List<PolicyError> Change(Func<List<PolicyError>> change)
    {
        lock (_gate)
        {
            var errors = change();
            _current = _draft;
            _candidate = _candidateDraft;
            ScheduleLocked();
            return errors;
        }
    }

    private static IEnumerable<string> IdsOf(LiveRead read, params string[] kinds) =>
        read.Entries.Where(entry => kinds.Contains(entry.Kind)).Select(entry => entry.Id).Distinct(StringComparer.Ordinal);

    private void TakeLocked(LiveEntry entry, DateTimeOffset now, List<PolicyError> errors)
    {
        switch (entry.Kind)
        {
            case LiveKind.Tenant or LiveKind.Boost:
                _tenants.Set(entry.Kind, entry.Id, entry.Value);
                break;
            case LiveKind.KeyLimits when KeyId.Read(entry.Id) is { } name:
                _keys.Set(name, entry.Value);
                break;
            case LiveKind.Block:
                var block = entry.Value is null ? null : Block.FromJson(entry.Value);
                var names = KeyId.Read(entry.Id);
                if (names is { } id)
                    _blocks.Set(id, block, now);
                if ((names is null || (block is null && entry.Value is not null)) && errors.Count < DocumentErrors.MaxReported)
                    errors.Add(new PolicyError($"block {entry.Id}", 0, 0, "", "cannot be read, and refuses nothing: delete it, and block the key again"));
                break;
        }
    }

    private List<PolicyError> TryLocked(PolicySet document)
    {
        var errors = new List<PolicyError>();
        var now = _time.GetUtcNow();
        _tenants.Try(document, _tenants.Names, now, errors);
        errors.AddRange(_keys.Misfits(document, tenant => _tenants[tenant], _keys.Names, now).Take(DocumentErrors.MaxReported - errors.Count));
        return errors;
    }

    private IReadOnlyList<PolicyError> Try(string tenant, TenantLayers layers, string? text)
    {
        var now = _time.GetUtcNow();
        IReadOnlyList<PolicyError> errors =
        [
            .. layers.Compile(_draft, tenant, now).Errors,
            .. _keys.Misfits(_draft, _ => layers, _keys.Of([tenant]), now).Take(DocumentErrors.MaxReported),
        ];
        return TenantLayers.EndedAt(_draft, tenant, text, now) is { } place
            ? [.. errors, IsOver($"tenant {tenant}", place)]
            : errors;
    }

    private static PolicyError IsOver(string source, DocumentPlace place) =>
        new(source, place.Line, place.Column, DocumentKeys.Until, "is over already: write a time to come, or leave it out for good");

    private List<PolicyError> RebuildLocked()
    {
        var errors = new List<PolicyError>();
        var document = _documents.InForce;
        _draft = Over(document, _tenants.Compile(document, _tenants.Names, _time.GetUtcNow(), errors));
        return errors;
    }

    // Rebuilds like RebuildLocked, but compiles most tenants later, so that a start with many tenants is fast.
    private List<PolicyError> LayLocked()
    {
        var errors = new List<PolicyError>();
        var document = _documents.InForce;
        _draft = Over(document, _tenants.Lay(document, _tenants.Compile(document, _tenants.Ending, _time.GetUtcNow(), errors)));
        return errors;
    }

    // Rebuilds the candidate. Ignores errors: a tenant without a valid override gets the candidate document's plan.
    private void RebuildCandidateLocked() => _candidateDraft = _documents.Candidate is not { } document ? null
        : Over(document, _tenants.Lay(document, _tenants.Try(document, _tenants.Ending, _time.GetUtcNow(), [])));

    private PolicySet Over(PolicySet document, IEnumerable<KeyValuePair<string, object?>> tenants) => document.With(
        LivePlans<string>.None.With(tenants),
        LivePlans<(string, string)>.None.With(_keys.Lay(document, _tenants, _keys.Names, _time.GetUtcNow())),
        _blocks.Now,
        _privacy);

    private List<PolicyError> UpdateLocked(IReadOnlyCollection<string> tenants, IReadOnlyCollection<(string Tenant, string Key)>? keys = null)
    {
        var errors = new List<PolicyError>();
        var now = _time.GetUtcNow();
        List<(string Tenant, string Key)> names = [.. keys ?? [], .. _keys.Of(tenants)];
        _draft = With(_draft, _tenants.Compile(_draft, tenants, now, errors), _keys.Lay(_documents.InForce, _tenants, names, now));
        errors.AddRange(_keys.Misfits(_documents.InForce, tenant => _tenants[tenant], names.Take(MaxKeysToldOf), now).Take(DocumentErrors.MaxReported));
        if (_candidateDraft is { } candidate && _documents.Candidate is { } tried)
            _candidateDraft = With(candidate, _tenants.Try(candidate, tenants, now, []), _keys.Lay(tried, _tenants, names, now));
        return errors;
    }

    private PolicySet With(PolicySet set, Dictionary<string, object?> plans, List<KeyValuePair<(string Tenant, string Key), object?>> keys)
    {
        var changes = plans.Where(tenant => tenant.Value is not null || set.Live.Has(tenant.Key)).ToList();
        if (changes.Count == 0 && keys.Count == 0 && set.Blocks == _blocks.Now)
            return set;
        return set.With(
            changes.Count == 0 ? set.Live : set.Live.With(changes),
            keys.Count == 0 ? set.LiveKeys : set.LiveKeys.With(keys),
            _blocks.Now,
            _privacy);
    }

    private void Expire() => Change(() =>
    {
        var now = _time.GetUtcNow();
        _blocks.Expire(now);
        return UpdateLocked(_tenants.ChangedBy(now), _keys.TakeEnded(now));
    });

    private void ScheduleLocked()
    {
        DateTimeOffset?[] ends = [_tenants.Next, _keys.Next, _blocks.Next];
        var next = ends.Min();
        // Round up and limit the wait: a timer counts whole milliseconds, rounds down, and waits at most 49 days.
        var wait = next is { } until ? TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((until - _time.GetUtcNow()).TotalMilliseconds), 0, 1e9)) : Timeout.InfiniteTimeSpan;
        _expiry.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
