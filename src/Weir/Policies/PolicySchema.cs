namespace Weir;

/// <summary>The JSON Schema (draft 2020-12) of the policy document, by which editors complete and check it.</summary>
/// <remarks>
/// It says what can be said of a document's form. What depends on other parts of it (a plan that is not there, sums,
/// keys that stand twice) or on a table (time zones) only <see cref="PolicyDocument"/> finds; a test holds the two to
/// each other.
/// </remarks>
public static class PolicySchema
{
    /// <summary>Its media type.</summary>
    public const string ContentType = "application/schema+json";

    private const string Resource = "policies.schema.json";

    /// <summary>
    /// The schema, in JSON. Of a tenant of live data, it is what stands there under <c>$defs/liveTenant</c>.
    /// </summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var reader = new StreamReader(typeof(PolicySchema).Assembly.GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd();
    }
}
