namespace Weir;

// Divides a bound among tenants: a tenant may take more only while it holds less than is free ("dynamic thresholds",
// Choudhury and Hahne 1998). A flooding tenant ends at half of the bound, a second one at a quarter.
// Unlisted tenants, which callers can invent, have 64 shares and a bound of their own. Not thread-safe.
internal sealed class Shares(long most)
{
    private const int UnlistedShares = 64;

    /// <summary>Names of the shares of unlisted tenants. No tenant's name contains a tilde.</summary>
    private static readonly string[] UnlistedNames = [.. Enumerable.Range(0, UnlistedShares).Select(i => $"~{i}")];

    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private long _listed;
    private long _others;

    public long Held => _listed + _others;

    public static string NameOf(in LimitSet limits) => limits.TenantIsListed
        ? limits.Facts.Tenant
        : UnlistedNames[(uint)string.GetHashCode(limits.Facts.Tenant, StringComparison.Ordinal) % UnlistedShares];

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

    /// <summary>Returns the total that tenants of the same kind hold: listed or unlisted tenants.</summary>
    private ref long HeldBeside(string name)
    {
        if (name.StartsWith('~'))
            return ref _others;
        return ref _listed;
    }
}
