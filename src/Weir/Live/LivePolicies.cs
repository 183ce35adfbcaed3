namespace Weir;

/// <summary>
/// The policies of now: the document (that of the file, or the live one in its place), with the live tenants over it
/// and the blocks. Each change makes a new <see cref="PolicySet"/>. A candidate document has the same tenants and
/// blocks over it.
/// </summary>
/// <remarks>
/// A change that is tried here and does not fit changes nothing (law L12). Changes of other instances are applied in
/// any order: the document if it can be read, and over it every tenant that fits it, so that all instances that know
/// the same entries decide the same. Safe for concurrent use: changes are made one by one, and a decision reads one
/// reference.
/// </remarks>
public sealed class LivePolicies : IPolicySource, IDisposable
{
    /// <summary>
    /// Keys that a change that comes from elsewhere is checked against, so that it holds up no other change.
    /// </summary>
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

    /// <param name="file">The policies of the file.</param>
    /// <param name="time">Ends what holds only until a time.</param>
    /// <param name="text">The text that the file's policies were read from.</param>
    /// <param name="privacy">Hashes keys before they are stored. Null stores them as they are.</param>
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

    /// <summary>The text of the file that holds, or would hold without a live document.</summary>
    public string FileText => _fileText;

    /// <summary>True if a live document decides in place of the file.</summary>
    public bool HasLiveDocument
    {
        get
        {
            lock (_gate)
                return _documents.HasLive;
        }
    }

    /// <summary>How many keys are refused now.</summary>
    public int BlockCount => _current.Blocks.Count;

    /// <summary>Puts another file in place of the one that was read before.</summary>
    /// <param name="file">Its policies.</param>
    /// <param name="text">The text that they were read from.</param>
    /// <returns>Its errors together with the live tenants; empty when it is in force.</returns>
    public IReadOnlyList<PolicyError> UseFile(PolicySet file, string text = "") => Change(() =>
    {
        var errors = _documents.HasLive ? [] : TryLocked(file);
        if (errors.Count > 0)
            return errors;
        (_documents.File, _fileText) = (file, text);
        return _documents.HasLive ? [] : RebuildLocked();
    });

    /// <summary>Takes over what has changed elsewhere, all of it at once.</summary>
    /// <param name="read">What has changed; if it is whole, all other live data is gone.</param>
    /// <returns>
    /// What could not be taken over, and why: a document that cannot be read leaves the one before, a tenant that does
    /// not fit waits for one that it fits. Of a whole read, tenants that do not fit are told by <see
    /// cref="CompileTenants"/>.
    /// </returns>
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

    /// <summary>Says what would be wrong if a document were used, and changes nothing.</summary>
    /// <param name="document">The document; null for going back to the file.</param>
    public IReadOnlyList<PolicyError> Try(PolicySet? document)
    {
        lock (_gate)
            return TryLocked(document ?? _documents.File);
    }

    /// <summary>
    /// Says what would be wrong with a tenant's text, under the boost that it may have, and changes nothing.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="text">The text; null for none.</param>
    public IReadOnlyList<PolicyError> TryTenant(string tenant, string? text)
    {
        lock (_gate)
            return Try(tenant, _tenants[tenant] with { Text = text }, text);
    }

    /// <summary>
    /// Says what would be wrong with a boost of a tenant, over the text that it may have, and changes nothing.
    /// </summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="text">The boost; null for none.</param>
    public IReadOnlyList<PolicyError> TryBoost(string tenant, string? text)
    {
        lock (_gate)
            return Try(tenant, _tenants[tenant] with { Boost = text }, text);
    }

    /// <summary>Says what would be wrong with the text of a key, and changes nothing.</summary>
    /// <param name="id">The tenant, a slash and the key as it is stored.</param>
    /// <param name="text">The text; null for none.</param>
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

    /// <summary>
    /// Compiles tenants that a whole read left to be compiled when they are asked for, in small steps, and says of each
    /// step what does not fit.
    /// </summary>
    public IEnumerable<IReadOnlyList<PolicyError>> CompileTenants()
    {
        var set = _current;
        return set.Live.CompileAll().Concat(set.LiveKeys.CompileAll());
    }

    /// <summary>True if a tenant has a boost, or a text that ends.</summary>
    public bool IsBoosted(string tenant)
    {
        lock (_gate)
            return _tenants.IsBoosted(tenant);
    }

    /// <summary>Entries that have ended, and are there still, the first one first.</summary>
    /// <param name="kind">
    /// <see cref="LiveKind.Block"/>, <see cref="LiveKind.Boost"/> or <see cref="LiveKind.KeyLimits"/>; of no other kind
    /// does anything end.
    /// </param>
    /// <param name="by">By when.</param>
    /// <param name="most">How many at most.</param>
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

    /// <summary>Changes the draft, and then puts it in place of the policies of now in one step.</summary>
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

    /// <summary>All tenants anew, under the document that decides now.</summary>
    private List<PolicyError> RebuildLocked()
    {
        var errors = new List<PolicyError>();
        var document = _documents.InForce;
        _draft = Over(document, _tenants.Compile(document, _tenants.Names, _time.GetUtcNow(), errors));
        return errors;
    }

    /// <summary>
    /// As <see cref="RebuildLocked"/>, but tenants are compiled later, because many of them would delay a start.
    /// </summary>
    private List<PolicyError> LayLocked()
    {
        var errors = new List<PolicyError>();
        var document = _documents.InForce;
        _draft = Over(document, _tenants.Lay(document, _tenants.Compile(document, _tenants.Ending, _time.GetUtcNow(), errors)));
        return errors;
    }

    /// <summary>
    /// What the candidate has not is no reason to refuse anything: it has such a tenant as its own document says.
    /// </summary>
    private void RebuildCandidateLocked() => _candidateDraft = _documents.Candidate is not { } document ? null
        : Over(document, _tenants.Lay(document, _tenants.Try(document, _tenants.Ending, _time.GetUtcNow(), [])));

    /// <summary>A document with all live data over it.</summary>
    private PolicySet Over(PolicySet document, IEnumerable<KeyValuePair<string, object?>> tenants) => document.With(
        LivePlans<string>.None.With(tenants),
        LivePlans<(string, string)>.None.With(_keys.Lay(document, _tenants, _keys.Names, _time.GetUtcNow())),
        _blocks.Now,
        _privacy);

    /// <summary>Some tenants and keys anew, and the blocks.</summary>
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

    /// <summary>
    /// What held until now holds no longer: the tenant is as it was without it, the key as its limits say.
    /// </summary>
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
        // Timers count milliseconds and round down, and have a longest time of 49 days.
        var wait = next is { } until ? TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((until - _time.GetUtcNow()).TotalMilliseconds), 0, 1e9)) : Timeout.InfiniteTimeSpan;
        _expiry.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
