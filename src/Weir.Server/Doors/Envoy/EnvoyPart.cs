namespace Weir.Server;

/// <summary>A descriptor of a request with its rule and counter.</summary>
internal sealed class EnvoyPart
{
    /// <summary>Gets a descriptor without a rule.</summary>
    public static EnvoyPart None => new();

    /// <summary>The configured rule; null for none, or for the descriptor's own limit.</summary>
    public EnvoyRule? Rule { get; private init; }

    /// <summary>Numbers to count by; null for none.</summary>
    public EnvoyLimit? Limit { get; private init; }

    /// <summary>Entries that name the counter.</summary>
    public IReadOnlyList<EnvoyEntry> Entries { get; private init; } = [];

    /// <summary>Name of the metric; empty without a limit.</summary>
    public string Metric { get; private init; } = "";

    public long Hits { get; private init; }

    /// <summary>The counter, which other descriptors of the request may share; null without a limit.</summary>
    public EnvoyCounter? Counter { get; set; }

    public bool IsShadow => Rule is { IsShadow: true };

    public bool IsQuota => Rule is { IsQuota: true };

    public bool IsUnlimited => Rule is { IsUnlimited: true };

    /// <summary>True if the counter has no room, even if a rule in shadow mode allows the request.</summary>
    public bool IsOver => Counter is { Line.Allowed: false };

    public static EnvoyPart Of(EnvoyMatch? match, long hits) => match is null ? None : new EnvoyPart
    {
        Rule = match.Rule,
        Limit = match.Rule.Limit,
        Entries = match.Counter,
        Metric = match.Metric,
        Hits = hits,
    };

    public static EnvoyPart Of(
        string domain, IReadOnlyList<EnvoyEntry> entries, EnvoyOverride limit, long hits) => new()
        {
            Limit = new EnvoyLimit(limit.RequestsPerUnit, limit.Unit),
            Entries = entries,
            Metric = EnvoyConfig.NameOf(domain, entries),
            Hits = hits,
        };

    public EnvoyStatus StatusAt(DateTimeOffset now)
    {
        if (Limit is null || Counter is not { Line: var line })
            return IsUnlimited ? EnvoyStatus.Unlimited : EnvoyStatus.NoRule;
        long left = line.ResetAfter > TimeSpan.Zero
            ? (long)Math.Ceiling(line.ResetAfter.TotalSeconds)
            : EnvoyWindow.SecondsLeft(Limit.Unit, now);
        var code = IsOver && !IsShadow ? EnvoyCode.OverLimit : EnvoyCode.Ok;
        return new EnvoyStatus(code, Limit, (uint)Math.Clamp(line.Remaining, 0, uint.MaxValue), left);
    }
}
