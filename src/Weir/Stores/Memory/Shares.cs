namespace Weir;

/// <summary>
/// How much of something bounded each tenant holds, and whether it may take more: only while it holds less than is left ("dynamic thresholds",
/// Choudhury and Hahne 1998). One that floods ends at half, the next at a quarter, and whoever holds nothing finds some. Tenants that no policy names, and so
/// anybody can invent, have a few shares together: one of them meets another that floods only by chance, and all of them have no more than that.
/// </summary>
/// <remarks>Not for use by two threads at once.</remarks>
/// <param name="most">What all may hold together.</param>
internal sealed class Shares(int most)
{
    private const int UnnamedShares = 64;

    /// <summary>No tenant can be called that.</summary>
    private static readonly string[] UnnamedNames = [.. Enumerable.Range(0, UnnamedShares).Select(i => $"~{i}")];

    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);

    /// <summary>What all hold together.</summary>
    public int Held { get; private set; }

    /// <summary>The name of the share in which a request's tenant is.</summary>
    public static string NameOf(in LimitSet limits) => limits.TenantIsListed
        ? limits.Facts.Tenant
        : UnnamedNames[(uint)string.GetHashCode(limits.Facts.Tenant, StringComparison.Ordinal) % UnnamedShares];

    public bool MayTake(string name) => _held.GetValueOrDefault(name) < most - Held;

    public void Take(string name)
    {
        _held[name] = _held.GetValueOrDefault(name) + 1;
        Held++;
    }

    public void Return(string name, int count)
    {
        if (count == 0)
            return;
        Held -= count;
        int left = _held[name] - count;
        if (left == 0)
            _held.Remove(name);
        else
            _held[name] = left;
    }
}
