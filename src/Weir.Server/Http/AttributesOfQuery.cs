using System.Text.Json;

namespace Weir.Server;

/// <summary>
/// The attributes of a query: <c>attributes.NAME=VALUE</c> each, or <c>attributes=JSON</c> for several.
/// </summary>
internal sealed class AttributesOfQuery
{
    private const string Whole = "attributes", Beginning = "attributes.";

    /// <summary>The attributes; null if there are none.</summary>
    public Dictionary<string, string>? All { get; private set; }

    /// <summary>
    /// Adds a parameter. The same attribute in both forms is a mistake, since one of them would silently win.
    /// </summary>
    /// <returns>The error, or null.</returns>
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
