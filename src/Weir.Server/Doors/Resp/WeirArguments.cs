namespace Weir.Server;

// Parses: tenant key [COST n] [COSTS unit n ...] [ATTR name value ...]. The next option ends a list, but the first name
// of a list is never read as an option.
internal sealed class WeirArguments(TextCache texts)
{
    private const int Tenant = 1, Key = 2, Options = 3;

    private const string Usage = "use tenant key [COST n] [COSTS unit n ...] [ATTR name value ...]";

    private struct Given
    {
        public long? Cost;
        public Dictionary<string, long>? Costs;
        public Dictionary<string, string>? Attributes;
    }

    public string? Read(RespSession session, RespArguments arguments, long leastCost, out RequestFacts facts)
    {
        facts = default;
        if (arguments.Count <= Key)
            return $"ERR tenant or key is missing; {Usage}";
        if (texts.Of(arguments[Tenant]) is not { } tenant || !Bounds.IsTenant(tenant))
            return $"ERR tenant must be {Bounds.NameRule}";
        if (session.Key?.Tenant is { } own && own != tenant)
            return "NOPERM this key is for another tenant";
        if (texts.Of(arguments[Key]) is not { } key)
            return "ERR key is not UTF-8: send well-formed text";
        var given = default(Given);
        for (int at = Options; at < arguments.Count;)
        {
            if (ReadOption(arguments, ref at, ref given) is { } error)
                return error;
        }

        facts = new RequestFacts(tenant, key, given.Cost ?? 1, given.Attributes, given.Costs);
        return Bounds.Complaint(facts, leastCost) is { } complaint ? "ERR " + complaint.Message : null;
    }

    private string? ReadOption(RespArguments arguments, ref int at, ref Given given)
    {
        int word = at++;
        if (arguments.Is(word, "COST"u8))
            return ReadCost(arguments, ref at, ref given);
        bool isCosts = arguments.Is(word, "COSTS"u8);
        if (!isCosts && !arguments.Is(word, "ATTR"u8))
            return $"ERR \"{arguments.Shown(word)}\" is no option; {Usage}";
        do
        {
            if (at + 1 >= arguments.Count)
                return $"ERR {arguments.Shown(word)} needs pairs of a name and a value; {Usage}";
            if ((isCosts ? AddCost(arguments, at, ref given) : AddAttribute(arguments, at, ref given)) is { } error)
                return error;
            at += 2;
        }
        while (at < arguments.Count && !IsOption(arguments, at));
        return null;
    }

    private static bool IsOption(RespArguments arguments, int at) =>
        arguments.Is(at, "COST"u8) || arguments.Is(at, "COSTS"u8) || arguments.Is(at, "ATTR"u8);

    private static string? ReadCost(RespArguments arguments, ref int at, ref Given given)
    {
        if (given.Cost is not null)
            return "ERR COST is given twice; leave one out";
        if (at >= arguments.Count || !arguments.TryReadNumber(at, out long cost))
            return $"ERR cost must be a whole number; it was \"{(at < arguments.Count ? arguments.Shown(at) : "")}\"";
        given.Cost = cost;
        at++;
        return null;
    }

    private string? AddCost(RespArguments arguments, int at, ref Given given)
    {
        if (texts.Of(arguments[at]) is not { } unit)
            return "ERR a unit is not UTF-8: send well-formed text";
        if (!arguments.TryReadNumber(at + 1, out long cost))
        {
            return $"ERR the cost in {arguments.Shown(at)} must be a whole number; "
                + $"it was \"{arguments.Shown(at + 1)}\"";
        }

        given.Costs ??= new(StringComparer.Ordinal);
        return given.Costs.TryAdd(unit, cost)
            ? null
            : $"ERR the unit {arguments.Shown(at)} is given twice; leave one out";
    }

    private string? AddAttribute(RespArguments arguments, int at, ref Given given)
    {
        if (texts.Of(arguments[at]) is not { } name || texts.Of(arguments[at + 1]) is not { } value)
            return "ERR an attribute is not UTF-8: send well-formed text";
        given.Attributes ??= new(StringComparer.Ordinal);
        return given.Attributes.TryAdd(name, value)
            ? null
            : $"ERR the attribute {arguments.Shown(at)} is given twice; leave one out";
    }
}
