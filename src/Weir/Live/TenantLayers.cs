namespace Weir;

/// <summary>Live texts of one tenant: the permanent override, and the temporary boost over it.</summary>
internal sealed record TenantLayers(string? Text, string? Boost)
{
    public static readonly TenantLayers None = new(null, null);

    // True if a text may have an end. Assumes an end in a text with escapes, because escaped field names are not found.
    public bool MayEnd => Boost is not null || (Text is not null && (Text.Contains(DocumentKeys.Until, StringComparison.Ordinal) || Text.Contains('\\')));

    // Compiles the plan from texts and time alone, so that instances decide alike (law L12). Skips rejected texts.
    public CompiledTenant Compile(PolicySet document, string tenant, DateTimeOffset now)
    {
        var own = LayerOf(document, $"tenant {tenant}", tenant, Text, null);
        if (own.IsOver(now))
            own = own with { Text = null, Plan = null, Errors = [] };
        var below = own.Plan is null ? document.Compiler?.TextOf(tenant) : own.Text;
        var boost = LayerOf(document, $"boost of tenant {tenant}", tenant, Boost, below);
        if (boost.IsOver(now))
            boost = boost with { Text = null, Plan = null, Errors = [] };
        DateTimeOffset? ownEnd = own.Text?.Until, boostEnd = boost.Text?.Until;
        return new CompiledTenant(
            boost.Plan ?? own.Plan,
            ownEnd is null || boostEnd < ownEnd ? boostEnd : ownEnd,
            boost.Until,
            boost.Plan is not null || (own.Plan is not null && ownEnd is not null),
            [.. own.Errors, .. boost.Errors]);
    }

    // Returns the tenant's text at a time; null if the default plan applies. Compiles nothing: a request waits for it.
    public TenantText? TextOf(PolicySet document, string tenant, DateTimeOffset now)
    {
        var below = Held(tenant, Text, now) ?? document.Compiler?.TextOf(tenant);
        var boost = Held(tenant, Boost, now);
        return below is null ? boost : boost?.Over(below) ?? below;
    }

    private static TenantText? Held(string tenant, string? text, DateTimeOffset now) =>
        text is not null && PolicyDocument.ReadTenant(tenant, text) is { } read && !(read.Until <= now) ? read : null;

    public static DocumentPlace? EndedAt(PolicySet document, string tenant, string? text, DateTimeOffset now) =>
        LayerOf(document, "", tenant, text, null) is var layer && layer.IsOver(now) ? layer.Text?.UntilPlace : null;

    private static TenantLayer LayerOf(PolicySet document, string source, string tenant, string? text, TenantText? below) =>
        text is null ? TenantLayer.None : PolicyDocument.CompileTenant(document, source, tenant, text, below);
}

// A compiled live text. Text is null if unreadable or ended; Plan also if the document rejects it. Until may be past.
internal readonly record struct TenantLayer(TenantText? Text, DateTimeOffset? Until, Plan? Plan, IReadOnlyList<PolicyError> Errors)
{
    public static readonly TenantLayer None = new(null, null, null, []);

    public bool IsOver(DateTimeOffset now) => Until <= now;
}

// A tenant's compiled plan. Next: time of its next change. BoostEnds: end of the boost, which may be in the past.
internal sealed record CompiledTenant(Plan? Plan, DateTimeOffset? Next, DateTimeOffset? BoostEnds, bool IsBoosted, IReadOnlyList<PolicyError> Errors);
