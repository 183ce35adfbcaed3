namespace Weir.Server;

/// <summary>The rule of a descriptor.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Counter">Entries that name the counter: the request's, with the pattern of a shared value.</param>
/// <param name="Metric">Name of the metric.</param>
internal sealed record EnvoyMatch(EnvoyRule Rule, IReadOnlyList<EnvoyEntry> Counter, string Metric);
