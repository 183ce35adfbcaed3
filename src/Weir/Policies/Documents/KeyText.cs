namespace Weir;

/// <summary>Checked overrides of one key, from a plan, a tenant or live data.</summary>
internal sealed record KeyText(
    string Key, DocumentPlace Place, IReadOnlyList<LimitText> Limits, bool Unlimited, DateTimeOffset? Until = null, DocumentPlace? UntilPlace = null)
{
    private const string Shape = "a mapping of keys, such as vip: { limits: { per-key: { rate: 100/h } } }";

    public static readonly IReadOnlyDictionary<string, KeyText> None = new Dictionary<string, KeyText>(0);

    public static IReadOnlyDictionary<string, KeyText> ReadAll(DocumentWalk walk, DocumentField? keys)
    {
        if (keys is not { } field)
            return None;
        var found = new Dictionary<string, KeyText>(StringComparer.Ordinal);
        foreach (var key in walk.Fields(field.Value, field.Place, Shape))
        {
            if (Bounds.Complaint(new RequestFacts(RequestFacts.DefaultTenant, key.Name), leastCost: 0) is { } complaint)
                walk.Errors.Add(key.Place, complaint.Message);
            var fields = walk.Keyed(key.Value, key.Place, DocumentKeys.OfKey);
            found[key.Name] = new KeyText(key.Name, key.Place, PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields));
        }

        return found;
    }

    public static KeyText ReadLive(DocumentWalk walk, string key, DocumentNode root)
    {
        bool broken = false;
        var place = DocumentPlace.Root(root);
        var fields = walk.Keyed(root, place, DocumentKeys.OfLiveKey);
        return new KeyText(
            key, place, PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields),
            TenantText.ReadUntil(walk, fields, ref broken), fields[DocumentKeys.Until]?.Place);
    }

    public static IReadOnlyDictionary<string, KeyText> Over(IReadOnlyDictionary<string, KeyText> keys, IReadOnlyDictionary<string, KeyText> below)
    {
        if (keys.Count == 0 || below.Count == 0)
            return keys.Count == 0 ? below : keys;
        var merged = new Dictionary<string, KeyText>(below, StringComparer.Ordinal);
        foreach (var (name, key) in keys)
            merged[name] = key.Over(below.GetValueOrDefault(name));
        return merged;
    }

    /// <summary>Returns a copy without the overrides of the given limits, except exemptions from them.</summary>
    public KeyText WithoutNumbersOf(IEnumerable<string> limits) => this with
    {
        Limits = [.. Limits.Where(limit => limit.Quota.Unlimited == true || !limits.Contains(limit.Name))],
    };

    /// <summary>Merges this key over a lower layer. Over an unlimited key, only the limits of this key apply.</summary>
    public KeyText Over(KeyText? below) => below is null || Unlimited ? this : this with
    {
        Unlimited = below.Unlimited,
        Limits = LimitText.Over(Limits, below.Limits),
    };
}
