namespace Weir;

/// <summary>The live texts of one tenant: a permanent one, and a boost above it that ends.</summary>
/// <param name="Text">The permanent text; null for none.</param>
/// <param name="Boost">The boost; null for none.</param>
internal sealed record TenantLayers(string? Text, string? Boost)
{
    public static readonly TenantLayers None = new(null, null);

    /// <summary>
    /// Whether time may change the plan. A text that escapes characters is not searched, and so may hold anything.
    /// </summary>
    public bool MayEnd => Boost is not null || (Text is not null && (Text.Contains(DocumentKeys.Until, StringComparison.Ordinal) || Text.Contains('\\')));

    /// <summary>
    /// The tenant's plan under a document: a function of the texts and the time alone, so that all who know the same
    /// decide the same (law L12).
    /// </summary>
    /// <remarks>A layer that does not fit the document is left out, and the others hold.</remarks>
    public CompiledTenant Compile(PolicySet document, string tenant, DateTimeOffset now)
    {
        var own = LayerOf(document, $"tenant {tenant}", tenant, Text, null);
        if (own.IsOver(now))
            own = own with { Text = null, Plan = null, Errors = [] };
        var boost = LayerOf(document, $"boost of tenant {tenant}", tenant, Boost, own.Plan is null ? null : own.Text);
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

    /// <summary>
    /// What holds of a tenant at a time: the live texts, else the document's; null if nothing but the default plan.
    /// </summary>
    /// <remarks>Compiles nothing, since the first request of a key waits for it.</remarks>
    public TenantText? TextOf(PolicySet document, string tenant, DateTimeOffset now)
    {
        var own = Held(tenant, Text, now);
        var boost = Held(tenant, Boost, now);
        return (own is null ? boost : boost?.Over(own) ?? own) ?? document.Compiler?.TextOf(tenant);
    }

    private static TenantText? Held(string tenant, string? text, DateTimeOffset now) =>
        text is not null && PolicyDocument.ReadTenant(tenant, text) is { } read && !(read.Until <= now) ? read : null;

    /// <summary>Where a text says that it ended before a time; null if it does not.</summary>
    public static DocumentPlace? EndedAt(PolicySet document, string tenant, string? text, DateTimeOffset now) =>
        LayerOf(document, "", tenant, text, null) is var layer && layer.IsOver(now) ? layer.Text?.UntilPlace : null;

    private static TenantLayer LayerOf(PolicySet document, string source, string tenant, string? text, TenantText? below) =>
        text is null ? TenantLayer.None : PolicyDocument.CompileTenant(document, source, tenant, text, below);
}

/// <summary>One text of a tenant, read and compiled.</summary>
/// <param name="Text">The text merged over the layer below; null if it cannot be read, or has ended.</param>
/// <param name="Until">Until when it holds, whether it is over or not.</param>
/// <param name="Plan">The plan that follows; null when the text does not fit.</param>
/// <param name="Errors">Its errors.</param>
internal readonly record struct TenantLayer(TenantText? Text, DateTimeOffset? Until, Plan? Plan, IReadOnlyList<PolicyError> Errors)
{
    public static readonly TenantLayer None = new(null, null, null, []);

    public bool IsOver(DateTimeOffset now) => Until <= now;
}

/// <summary>A tenant under a document.</summary>
/// <param name="Plan">Its plan; null for that of the document.</param>
/// <param name="Next">When it changes by itself; null for never.</param>
/// <param name="BoostEnds">When its boost ends, or has ended; null when there is none.</param>
/// <param name="IsBoosted">Whether it has its plan only until a time.</param>
/// <param name="Errors">What does not fit, and is left out.</param>
internal sealed record CompiledTenant(Plan? Plan, DateTimeOffset? Next, DateTimeOffset? BoostEnds, bool IsBoosted, IReadOnlyList<PolicyError> Errors);
