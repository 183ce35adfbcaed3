using System.Buffers;
using System.Text;

namespace Weir;

/// <summary>An error in a request: the field, and a message that names the error and the cure.</summary>
public sealed record Complaint(string Field, string Message);

/// <summary>Bounds of a request, and the checks that enforce them (law L10).</summary>
public static class Bounds
{
    /// <summary>Maximum length of a key in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 256;

    /// <summary>Maximum length of a name of a tenant, plan, limit, unit or attribute, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Maximum cost of a request in one unit.</summary>
    public const long MaxCost = 1L << 31;

    /// <summary>Maximum number of attributes of a request.</summary>
    public const int MaxAttributes = 16;

    /// <summary>Maximum length of an attribute's value in bytes of UTF-8.</summary>
    public const int MaxAttributeBytes = 256;

    /// <summary>Maximum number of requests in a batch.</summary>
    public const int MaxBatch = 1000;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<char> Surrogates =
        SearchValues.Create([.. Enumerable.Range(0xD800, 0x800).Select(half => (char)half)]);

    /// <summary>Rule for valid names, as text for error messages.</summary>
    public const string NameRule = "1 to 64 characters out of A-Z a-z 0-9 . _ -";

    /// <summary>Returns whether a text is a valid tenant (<see cref="NameRule"/>).</summary>
    public static bool IsTenant(ReadOnlySpan<char> value) => IsName(value);

    /// <summary>Returns whether a text is a valid name of a plan, limit or unit (<see cref="NameRule"/>).</summary>
    public static bool IsName(ReadOnlySpan<char> value) =>
        value.Length is > 0 and <= MaxNameLength && !value.ContainsAnyExcept(NameCharacters);

    /// <summary>Returns the first error in a request; null if valid. With costs by unit, the least cost is 0.</summary>
    public static Complaint? Complaint(in RequestFacts facts, long leastCost)
    {
        if (!IsTenant(facts.Tenant))
            return new("tenant", $"tenant must be {NameRule}");
        if (string.IsNullOrEmpty(facts.Key))
            return new("key", $"key is missing or empty: name what is limited, in 1 to {MaxKeyBytes} bytes of UTF-8");
        if (IsBroken(facts.Key))
            return new("key", "key holds half of a surrogate pair, which is no character: send well-formed text");
        if (IsLonger(facts.Key, MaxKeyBytes))
            return new("key", $"key is longer than {MaxKeyBytes} bytes of UTF-8: send a shorter key, or a hash of it");
        long least = facts.Costs is { Count: > 0 } ? 0 : leastCost;
        if (facts.Cost < least || facts.Cost > MaxCost)
            return new("cost", $"cost must be a whole number from {least} to {MaxCost}; it was {facts.Cost}");
        return (facts.Costs is null ? null : Complaint(facts.Costs))
            ?? (facts.Attributes is null ? null : ComplaintAbout(facts.Attributes));
    }

    /// <summary>Returns the first error in the costs by unit, or null if all are valid.</summary>
    public static Complaint? Complaint(IReadOnlyDictionary<string, long> costs)
    {
        if (costs.Count > Plan.MaxLimits)
            return new("costs", $"costs holds {costs.Count} units: send at most {Plan.MaxLimits}");
        foreach (var (unit, cost) in costs)
        {
            if (!IsName(unit))
                return new("costs", $"a unit must be {NameRule}");
            if (unit == Limit.Requests)
                return new($"costs.{unit}", $"the cost in {unit} is the field cost: send it there");
            if (cost is < 0 or > MaxCost)
                return new($"costs.{unit}", $"costs.{unit} must be a whole number from 0 to {MaxCost}; it was {cost}");
        }

        return null;
    }

    private static Complaint? ComplaintAbout(IReadOnlyDictionary<string, string> attributes)
    {
        if (attributes.Count > MaxAttributes)
            return new("attributes", $"attributes holds {attributes.Count} entries: send at most {MaxAttributes}");
        foreach (var (name, value) in attributes)
        {
            if (!IsName(name))
                return new("attributes", $"an attribute's name must be {NameRule}");
            if (name == Limit.KeyDimension)
                return new("attributes.key", "an attribute cannot be called key: send it as the field key");
            if (value is null)
                return new($"attributes.{name}", $"attributes.{name} is null: send a string, or leave it out");
            if (IsBroken(value))
                return new($"attributes.{name}", $"attributes.{name} holds half of a surrogate pair, which is no character: send well-formed text");
            if (IsLonger(value, MaxAttributeBytes))
                return new($"attributes.{name}", $"attributes.{name} is longer than {MaxAttributeBytes} bytes of UTF-8: send a shorter value");
        }

        return null;
    }

    // True if a text has an unpaired surrogate. UTF-8 replaces all of these alike, so different keys would collide.
    private static bool IsBroken(string text)
    {
        for (int i = text.AsSpan().IndexOfAny(Surrogates); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }

        return false;
    }

    // True if a text exceeds a number of bytes in UTF-8. Counts only long texts: a code unit has at most 3 bytes.
    private static bool IsLonger(string text, int bytes) =>
        text.Length * 3 > bytes && Encoding.UTF8.GetByteCount(text) > bytes;
}
