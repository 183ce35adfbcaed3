using System.Text.Json;

namespace Weir.Server;

/// <summary>Reads attributes as <c>attributes.NAME=VALUE</c>, or several as <c>attributes=JSON</c>.</summary>
internal sealed class AttributesOfQuery
{
    private const string Whole = "attributes", Beginning = "attributes.";

    public Dictionary<string, string>? All { get; private set; }

    /// <summary>Adds a query parameter. Refuses a repeated attribute, because one value would silently win.</summary>
    public Complaint? Add(string name, string value)
    {
        if (name != Whole)
            return AddOne(name[Beginning.Length..], value);
        if (Read(value) is not { } attributes)
            return new Complaint(name, "attributes must be a JSON object of strings, such as {\"route\":\"/search\"}, encoded with %; or send attributes.NAME=value for each");
        return attributes.Select(attribute => AddOne(attribute.Key, attribute.Value)).FirstOrDefault(complaint => complaint is not null);
    }

    private Complaint? AddOne(string name, string value) => (All ??= []).TryAdd(name, value)
        ? null
        : new Complaint(QueryRule.Shorten(Beginning + name), $"{QueryRule.Shorten(Beginning + name)} is given twice, also in attributes: give it once");

    private static Dictionary<string, string>? Read(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, WireJson.Default.DictionaryStringString);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
