namespace Weir;

/// <summary>
/// How much of something bounded each tenant holds, and whether it may take more: only while it holds less than is left
/// ("dynamic thresholds", Choudhury and Hahne 1998). One that floods ends at half, the next at a quarter, and a tenant
/// that holds nothing finds some. Tenants that are not listed, and so can be invented without end, have a few shares
/// together, and a bound of their own: whatever they hold, listed ones find as much as without them.
/// </summary>
/// <remarks>Not for use by two threads at once.</remarks>
/// <param name="most">The most that listed tenants may hold together; all others may hold as much again.</param>
internal sealed class Shares(long most)
{
    private const int UnlistedShares = 64;

    /// <summary>No tenant can be called that.</summary>
    private static readonly string[] UnlistedNames = [.. Enumerable.Range(0, UnlistedShares).Select(i => $"~{i}")];

    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private long _listed;
    private long _others;

    /// <summary>What all hold together.</summary>
    public long Held => _listed + _others;

    /// <summary>The name of the share in which a request's tenant is.</summary>
    public static string NameOf(in LimitSet limits) => limits.TenantIsListed
        ? limits.Facts.Tenant
        : UnlistedNames[(uint)string.GetHashCode(limits.Facts.Tenant, StringComparison.Ordinal) % UnlistedShares];

    /// <summary>What a share holds.</summary>
    public long HeldBy(string name) => _held.GetValueOrDefault(name);

    public bool MayTake(string name, long amount = 1) => HeldBy(name) + amount <= most - HeldBeside(name);

    public void Take(string name, long amount = 1)
    {
        _held[name] = HeldBy(name) + amount;
        HeldBeside(name) += amount;
    }

    public void Return(string name, long amount)
    {
        if (amount == 0)
            return;
        HeldBeside(name) -= amount;
        long left = _held[name] - amount;
        if (left == 0)
            _held.Remove(name);
        else
            _held[name] = left;
    }

    /// <summary>What those hold together who share a bound with a share.</summary>
    private ref long HeldBeside(string name)
    {
        if (name.StartsWith('~'))
            return ref _others;
        return ref _listed;
    }
}
