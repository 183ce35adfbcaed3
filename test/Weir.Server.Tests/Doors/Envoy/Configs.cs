namespace Weir.Server.Tests.Doors.Envoy;

/// <summary>Reads configurations and descriptors from texts.</summary>
internal static class Configs
{
    public static EnvoyConfig Read(params string[] texts) => Read(mergeDomains: false, texts);

    public static EnvoyConfig Read(bool mergeDomains, params string[] texts)
    {
        var reader = new EnvoyReader(mergeDomains);
        for (int i = 0; i < texts.Length; i++)
            reader.Add($"{(char)('a' + i)}.yaml", texts[i]);
        return reader.Finish();
    }

    /// <summary>Returns the errors of a configuration, a line each; empty for none.</summary>
    public static string Errors(params string[] texts)
    {
        try
        {
            Read(texts);
            return "";
        }
        catch (PolicyException wrong)
        {
            return wrong.Message;
        }
    }

    /// <summary>Returns the entries of a descriptor spelled as <c>key=value,key=value</c>.</summary>
    public static EnvoyEntry[] Entries(string text) =>
        [.. text.Split(',').Select(entry => entry.Split('=')).Select(pair => new EnvoyEntry(pair[0], pair[1]))];
}
