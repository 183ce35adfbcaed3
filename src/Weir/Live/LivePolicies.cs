using System.Collections.Immutable;

namespace Weir;

/// <summary>
/// The policies of now: the document (that of the file, or the live one in its place), with the live tenants over it and the blocks. Each
/// change makes a new <see cref="PolicySet"/>; a bad one changes nothing (law L12). A candidate document has the same tenants and blocks over it.
/// </summary>
/// <remarks>Safe for concurrent use: changes are made one after the other, and whoever decides reads one reference.</remarks>
public sealed class LivePolicies : IPolicySource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _expiry;
    private readonly Dictionary<string, LiveTenant> _tenants = new(StringComparer.Ordinal);

    /// <summary>Those of the tenants that hold only until a time: few, so that looking for the next one does not cost a look at all.</summary>
    private readonly Dictionary<string, DateTimeOffset> _untils = new(StringComparer.Ordinal);
    private ImmutableDictionary<(string Tenant, string Key), Block> _blocks = ImmutableDictionary<(string, string), Block>.Empty;
    private PolicySet _file;
    private PolicySet? _live;
    private PolicySet _draft;
    private volatile PolicySet _current;
    private PolicySet? _candidateDraft;
    private volatile PolicySet? _candidate;

    /// <param name="file">The policies of the file.</param>
    /// <param name="time">Ends what holds only until a time.</param>
    public LivePolicies(PolicySet file, TimeProvider time)
    {
        _file = file;
        _draft = file;
        _current = file;
        _time = time;
        _expiry = time.CreateTimer(static policies => ((LivePolicies)policies!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private sealed record LiveTenant(string Text, DateTimeOffset? Until);

    /// <inheritdoc/>
    public PolicySet Current => _current;

    /// <inheritdoc/>
    public PolicySet? Candidate => _candidate;

    /// <summary>Puts another file in place of the one that was read before.</summary>
    /// <returns>What is wrong with it for the live tenants; empty when it holds now.</returns>
    public IReadOnlyList<PolicyError> UseFile(PolicySet file) => Change(() =>
    {
        var errors = _live is null ? TryRebuildLocked(file) : [];
        if (errors.Count == 0)
            _file = file;
        return errors;
    });

    /// <summary>Puts a document in place of the file's; null goes back to that.</summary>
    /// <inheritdoc cref="UseFile" path="/returns"/>
    public IReadOnlyList<PolicyError> UseDocument(PolicySet? document) => Change(() => UseDocumentLocked(document));

    /// <summary>Tries a document beside the one that decides; null tries none.</summary>
    /// <inheritdoc cref="UseFile" path="/returns"/>
    public IReadOnlyList<PolicyError> UseCandidate(PolicySet? document) => Change(() => UseCandidateLocked(document));

    /// <summary>Gives a tenant what a text says, in place of what the document says of it; null goes back to that.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="text">JSON: plan, limits, unlimited, until.</param>
    /// <returns>What is wrong with the text; empty when it holds now.</returns>
    public IReadOnlyList<PolicyError> UseTenant(string tenant, string? text) => Change(() => UseTenantsLocked([(tenant, text)]));

    /// <summary>Refuses a key from now on, or no longer.</summary>
    public void UseBlock(string tenant, string key, Block? block) => Change(() => UseBlockLocked(tenant, key, block));

    /// <summary>Takes over what has changed elsewhere, all of it at once.</summary>
    /// <param name="read">What has changed; if it is whole, all other live data is gone.</param>
    /// <returns>What could not be taken over, and why.</returns>
    public IReadOnlyList<PolicyError> Apply(LiveRead read) => Change(() =>
    {
        var errors = new List<PolicyError>();
        if (read.IsWhole)
            ForgetLocked(read.Entries);
        // The documents first: tenants are compiled against them.
        foreach (var entry in read.Entries.OrderBy(entry => entry.Kind == LiveKind.Policies ? 0 : 1))
            errors.AddRange(ApplyLocked(entry));
        errors.AddRange(UseTenantsLocked([.. read.Entries.Where(entry => entry.Kind == LiveKind.Tenant).Select(entry => (entry.Id, entry.Value))]));
        return errors;
    });

    /// <summary>Says what would be wrong if a document were used, and changes nothing.</summary>
    public IReadOnlyList<PolicyError> Try(PolicySet document)
    {
        lock (_gate)
            return TryCompileTenantsLocked(document, out _);
    }

    /// <summary>Says what would be wrong with a tenant's text, and changes nothing.</summary>
    public IReadOnlyList<PolicyError> TryTenant(string tenant, string text) =>
        PolicyDocument.TryParseTenant(_current, tenant, text, out _, out _, out var errors) ? [] : errors;

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

    private List<PolicyError> ApplyLocked(LiveEntry entry)
    {
        switch (entry.Kind)
        {
            case LiveKind.Policies when entry.Value is null:
                return UseDocumentLocked(null);
            case LiveKind.Policies:
                return PolicyDocument.TryParse(entry.Value, "policies", out var document, out var errors) ? UseDocumentLocked(document) : [.. errors];
            case LiveKind.Candidate when entry.Value is null:
                return UseCandidateLocked(null);
            case LiveKind.Candidate:
                return PolicyDocument.TryParse(entry.Value, "candidate", out var candidate, out var wrong) ? UseCandidateLocked(candidate) : [.. wrong];
            case LiveKind.Block:
                int slash = entry.Id.IndexOf('/', StringComparison.Ordinal);
                return UseBlockLocked(entry.Id[..slash], entry.Id[(slash + 1)..], entry.Value is null ? null : Block.FromJson(entry.Value));
            default:
                return [];
        }
    }

    private List<PolicyError> UseDocumentLocked(PolicySet? document)
    {
        var errors = TryRebuildLocked(document ?? _file);
        if (errors.Count == 0)
            _live = document;
        return errors;
    }

    private List<PolicyError> UseCandidateLocked(PolicySet? document)
    {
        if (document is null)
        {
            _candidateDraft = null;
            return [];
        }

        var errors = TryCompileTenantsLocked(document, out var live);
        if (errors.Count == 0)
            _candidateDraft = document.With(live, _blocks);
        return errors;
    }

    private List<PolicyError> UseTenantsLocked(IReadOnlyCollection<(string Tenant, string? Text)> tenants)
    {
        var errors = new List<PolicyError>();
        var plans = new Dictionary<string, Plan?>(StringComparer.Ordinal);
        var tried = new Dictionary<string, Plan?>(StringComparer.Ordinal);
        foreach (var (tenant, text) in tenants)
        {
            if (!TryUseLocked(tenant, text, out var plan, out var wrong))
            {
                errors.AddRange(wrong);
                continue;
            }

            plans[tenant] = plan;
            // What the live document has and the candidate has not is no reason to refuse a change: the candidate then has the tenant as its own document says.
            if (_candidateDraft is { } candidate)
                tried[tenant] = plan is not null && PolicyDocument.TryParseTenant(candidate, tenant, text!, out var there, out _, out _) ? there : null;
        }

        if (plans.Count == 0)
            return errors;
        _draft = _draft.With(_draft.Live.With(plans), _blocks);
        _candidateDraft = _candidateDraft?.With(_candidateDraft.Live.With(tried), _blocks);
        return errors;
    }

    /// <summary>Remembers a tenant's text, and says which plan it is now, null for the document's.</summary>
    private bool TryUseLocked(string tenant, string? text, out Plan? plan, out IReadOnlyList<PolicyError> errors)
    {
        (plan, errors) = (null, []);
        DateTimeOffset? until = null;
        if (text is not null && !PolicyDocument.TryParseTenant(_draft, tenant, text, out plan, out until, out errors))
            return false;
        if (text is null)
            _tenants.Remove(tenant);
        else
            _tenants[tenant] = new LiveTenant(text, until);
        if (until is { } time)
            _untils[tenant] = time;
        else
            _untils.Remove(tenant);
        if (until <= _time.GetUtcNow())
            plan = null;
        return true;
    }

    private List<PolicyError> UseBlockLocked(string tenant, string key, Block? block)
    {
        bool holds = block is not null && !(block.Until <= _time.GetUtcNow());
        _blocks = holds ? _blocks.SetItem((tenant, key), block!) : _blocks.Remove((tenant, key));
        ShareBlocksLocked();
        return [];
    }

    private void ShareBlocksLocked()
    {
        _draft = _draft.With(_draft.Live, _blocks);
        _candidateDraft = _candidateDraft?.With(_candidateDraft.Live, _blocks);
    }

    private void ForgetLocked(IReadOnlyList<LiveEntry> entries)
    {
        _tenants.Clear();
        _untils.Clear();
        _blocks = _blocks.Clear();
        _draft = _draft.With(TenantPlans.None, _blocks);
        // If there is one still, it is among the entries.
        _candidateDraft = null;
        if (!entries.Any(entry => entry.Kind == LiveKind.Policies))
            UseDocumentLocked(null);
    }

    private List<PolicyError> TryRebuildLocked(PolicySet document)
    {
        var errors = TryCompileTenantsLocked(document, out var live);
        if (errors.Count == 0)
            _draft = document.With(live, _blocks);
        return errors;
    }

    private List<PolicyError> TryCompileTenantsLocked(PolicySet document, out TenantPlans live)
    {
        var errors = new List<PolicyError>();
        var now = _time.GetUtcNow();
        var plans = new Dictionary<string, Plan?>(StringComparer.Ordinal);
        foreach (var (tenant, text) in _tenants)
        {
            if (text.Until <= now)
                continue;
            if (PolicyDocument.TryParseTenant(document, tenant, text.Text, out var plan, out _, out var wrong))
                plans[tenant] = plan;
            else if (errors.Count < DocumentErrors.MaxReported)
                errors.AddRange(wrong);
        }

        live = TenantPlans.None.With(plans);
        return errors;
    }

    /// <summary>What held until now holds no longer: the tenant is again as the document has it, the key as its limits.</summary>
    private void Expire() => Change(() =>
    {
        var now = _time.GetUtcNow();
        var over = _untils.Where(tenant => tenant.Value <= now).ToDictionary(tenant => tenant.Key, _ => (Plan?)null);
        _draft = _draft.With(_draft.Live.With(over), _blocks);
        _candidateDraft = _candidateDraft?.With(_candidateDraft.Live.With(over), _blocks);
        _blocks = _blocks.RemoveRange(_blocks.Where(block => block.Value.Until <= now).Select(block => block.Key));
        ShareBlocksLocked();
        return [];
    });

    private void ScheduleLocked()
    {
        var now = _time.GetUtcNow();
        var next = _untils.Values.Select(until => (DateTimeOffset?)until).Concat(_blocks.Values.Select(block => block.Until)).Where(until => until > now).Min();
        // Timers count milliseconds and round down, and have a longest time of 49 days.
        var wait = next is { } until ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Min((until - now).TotalMilliseconds, 1e9))) : Timeout.InfiniteTimeSpan;
        _expiry.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
