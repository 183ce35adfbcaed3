using System.Globalization;

namespace Weir.Server;

/// <summary>Reads one file of Envoy's configuration. Continues after errors, to list all of them.</summary>
internal sealed class EnvoyDocument(DocumentWalk walk)
{
    /// <summary>Maximum number of descriptors in a file.</summary>
    public const int MaxDescriptors = 100_000;

    private const string NameShape = "a text";
    private const string FlagShape = "true or false";
    private const string Requests = "a whole number from 0 to 4294967295";

    private static readonly string[] Units =
        [.. Enum.GetNames<EnvoyUnit>()[1..].Select(unit => unit.ToLowerInvariant())];

    private int _descriptors;

    /// <summary>Returns the descriptors below a root, and the domain; null for an error.</summary>
    public (DocumentField? Domain, EnvoyNode Root) Read(DocumentNode root)
    {
        var place = DocumentPlace.Root(root);
        var fields = walk.Keyed(root, place, EnvoyKeys.OfDocument);
        string? domain = Required(fields, EnvoyKeys.Domain, place, "the name of the domain, such as shop");
        var node = new EnvoyNode();
        ReadDescriptors(fields, node, domain ?? "");
        return (domain is null ? null : fields[EnvoyKeys.Domain]!.Value with { Name = domain }, node);
    }

    private void ReadDescriptors(KnownFields fields, EnvoyNode parent, string path)
    {
        foreach (var (place, node) in Items(fields, EnvoyKeys.Descriptors, "a list of descriptors, each with a key"))
        {
            var inner = walk.Keyed(node, place, EnvoyKeys.OfDescriptor);
            if (node is DocumentMapping)
                ReadDescriptor(inner, place, parent, path);
            else if (node.IsEmpty)
                walk.Expected(place, node, EnvoyKeys.OfDescriptor.Shape);
        }
    }

    private void ReadDescriptor(KnownFields fields, DocumentPlace place, EnvoyNode parent, string path)
    {
        string? key = Required(fields, EnvoyKeys.Key, place, "the key of an entry, such as user");
        string value = Optional(fields, EnvoyKeys.Value);
        string full = EnvoyConfig.NameOf(path, [new EnvoyEntry(key ?? "", value)]);
        bool isShared = Flag(fields, EnvoyKeys.ShareThreshold);
        var rule = ReadRule(fields, full);
        var node = new EnvoyNode
        {
            Key = key ?? "",
            Value = value,
            Rule = rule,
            HasValueInMetric = Flag(fields, EnvoyKeys.ValueToMetric),
            IsShared = isShared,
            Line = place.Line,
            Column = place.Column,
        };
        if (isShared && !node.IsPattern && fields[EnvoyKeys.ShareThreshold] is { } shared)
            walk.Errors.Add(shared.Place, "share_threshold needs a value with a *: add one, or remove share_threshold");
        ReadDescriptors(fields, node, full);
        if (key is not null)
            Add(parent, node, place);
    }

    private void Add(EnvoyNode parent, EnvoyNode node, DocumentPlace place)
    {
        if (++_descriptors == MaxDescriptors + 1)
            walk.Errors.Add(place, $"the file has more than {MaxDescriptors} descriptors: split it");
        if (_descriptors > MaxDescriptors)
            return;
        if (parent.Twin(node) is not { } twin)
            parent.Add(node);
        else
        {
            string what = node.Value.Length == 0 ? "" : $" and the value {Weir.Spelling.Quote(node.Value)}";
            walk.Errors.Add(place, $"a descriptor with the key {Weir.Spelling.Quote(node.Key)}{what} stands on line "
                + $"{twin.Line} already: keep one of them");
        }
    }

    private EnvoyRule? ReadRule(KnownFields fields, string path)
    {
        bool isShadow = Flag(fields, EnvoyKeys.ShadowMode);
        bool isQuota = Flag(fields, EnvoyKeys.QuotaMode);
        bool isDetailed = Flag(fields, EnvoyKeys.DetailedMetric);
        var metadata = EnvoyMetadata.Read(walk, fields[EnvoyKeys.Metadata]);
        if (fields[EnvoyKeys.RateLimit] is not { } field)
            return null;
        if (field.Value is not DocumentMapping)
        {
            walk.Expected(field.Place, field.Value, EnvoyKeys.OfLimit.Shape);
            return null;
        }

        var limit = walk.Keyed(field.Value, field.Place, EnvoyKeys.OfLimit);
        string name = Optional(limit, EnvoyKeys.Name);
        return new EnvoyRule
        {
            Path = path,
            Limit = ReadLimit(limit, field.Place, name),
            Name = name,
            Replaces = [.. ReadReplaces(limit, name)],
            IsShadow = isShadow,
            IsQuota = isQuota,
            IsDetailed = isDetailed,
            Metadata = metadata,
        };
    }

    /// <summary>Returns the numbers; null for an unlimited rule or an error.</summary>
    private EnvoyLimit? ReadLimit(KnownFields fields, DocumentPlace place, string name)
    {
        bool isUnlimited = Flag(fields, EnvoyKeys.Unlimited);
        var unit = ReadUnit(fields, place, isUnlimited);
        if (isUnlimited)
        {
            if (fields[EnvoyKeys.Unit] is { } both)
                walk.Errors.Add(both.Place, "a rate_limit with unlimited has no unit: remove one of them");
            return null;
        }

        bool broken = false;
        long? requests = walk.Parsed<long>(
            fields[EnvoyKeys.RequestsPerUnit], Requests, TryParseRequests, ref broken);
        if (requests is null && !broken && fields.IsPlainlyMissing(EnvoyKeys.RequestsPerUnit))
            walk.Errors.Add(place, $"has no {EnvoyKeys.RequestsPerUnit}: write it; 0 refuses every request");
        return unit is { } given && requests is { } number ? new EnvoyLimit((uint)number, given, name) : null;
    }

    private EnvoyUnit? ReadUnit(KnownFields fields, DocumentPlace place, bool isUnlimited)
    {
        if (fields[EnvoyKeys.Unit] is { } field)
            return walk.Text(field, OneOfUnits()) is { } text ? Parse(text, field) : null;
        if (!isUnlimited && fields.IsPlainlyMissing(EnvoyKeys.Unit))
            walk.Errors.Add(place, $"has no {EnvoyKeys.Unit}: write one of {string.Join(", ", Units)}");
        return null;
    }

    private EnvoyUnit? Parse(string text, in DocumentField field)
    {
        int index = Array.FindIndex(Units, unit => unit.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return Enum.GetValues<EnvoyUnit>()[index + 1];
        walk.Errors.Add(field.Place, field.Value,
            $"{Weir.Spelling.Quote(text)} is no unit; write {OneOfUnits()}{Weir.Spelling.DidYouMean(text, Units)}");
        return null;
    }

    private static string OneOfUnits() => $"one of {string.Join(", ", Units)}";

    private static bool TryParseRequests(string text, out long number, out string? error)
    {
        error = null;
        bool fits = WholeNumber.TryParse(text, uint.MaxValue, out number);
        if (fits && (text.Length == 1 || text[0] != '0'))
            return true;
        // The reference implementation reads 010 as 8.
        error = fits
            ? $"{Weir.Spelling.Quote(text)} begins with 0, so that it may mean an octal number; write it without"
            : $"{Weir.Spelling.Quote(text)} does not fit; write {Requests}";
        return false;
    }

    private IEnumerable<string> ReadReplaces(KnownFields fields, string own)
    {
        foreach (var (place, node) in Items(fields, EnvoyKeys.Replaces, "a list, such as [{ name: other }]"))
        {
            if (node is not DocumentMapping)
            {
                walk.Expected(place, node, EnvoyKeys.OfReplaced.Shape);
                continue;
            }

            var item = walk.Keyed(node, place, EnvoyKeys.OfReplaced);
            if (Required(item, EnvoyKeys.Name, place, "the name of another rate_limit") is not { } name)
                continue;
            if (name == own)
            {
                string quoted = Weir.Spelling.Quote(name);
                walk.Errors.Add(place, $"a rate_limit cannot replace itself ({quoted}): name another one");
            }
            else
                yield return name;
        }
    }

    private List<(DocumentPlace Place, DocumentNode Node)> Items(KnownFields fields, string key, string shape)
    {
        var items = new List<(DocumentPlace, DocumentNode)>();
        if (fields[key] is not { } field || field.Value.IsEmpty)
            return items;
        if (field.Value is DocumentList list)
        {
            for (int i = 0; i < list.Items.Count; i++)
                items.Add((field.Place.Item(i, list.Items[i]), list.Items[i]));
        }
        else
            walk.Expected(field.Place, field.Value, shape);

        return items;
    }

    private string? Required(KnownFields fields, string key, DocumentPlace owner, string shape)
    {
        if (fields[key] is not { } field)
        {
            if (fields.IsPlainlyMissing(key))
                walk.Errors.Add(owner, $"has no {key}: write {shape}");
            return null;
        }

        if (walk.Text(field, shape) is not { } text)
            return null;
        if (text.Length > 0)
            return text;
        walk.Errors.Add(field.Place, field.Value, $"is empty: write {shape}");
        return null;
    }

    /// <summary>Returns a text; empty if it is missing or empty.</summary>
    private string Optional(KnownFields fields, string key) =>
        fields[key] is not { } field || field.Value.IsEmpty ? "" : walk.Text(field, NameShape) ?? "";

    private bool Flag(KnownFields fields, string key)
    {
        bool broken = false;
        return walk.Parsed<bool>(fields[key], FlagShape, TryParseFlag, ref broken) ?? false;
    }

    // The words of YAML 1.1, in which such files are written.
    private static bool TryParseFlag(string text, out bool flag, out string? error)
    {
        string word = text.ToLower(CultureInfo.InvariantCulture);
        flag = word is "true" or "yes" or "on";
        bool isOne = flag || word is "false" or "no" or "off";
        error = isOne ? null : $"{Weir.Spelling.Quote(text)} is neither true nor false; write one of them";
        return isOne;
    }
}
