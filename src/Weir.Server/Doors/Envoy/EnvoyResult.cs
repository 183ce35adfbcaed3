namespace Weir.Server;

/// <summary>Result of a request's counters, which hold their own lines.</summary>
internal readonly record struct EnvoyResult(bool IsAllowed, bool IsDegraded = false, bool IsUnavailable = false)
{
    public static readonly EnvoyResult Allowed = new(true);
}
