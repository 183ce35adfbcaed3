namespace Weir;

/// <summary>JSON Schema (draft 2020-12) of the policy document, for editors.</summary>
/// <remarks>Checks only the form; <see cref="PolicyDocument"/> also checks references, sums and time zones.</remarks>
public static class PolicySchema
{
    /// <summary>Media type of the schema.</summary>
    public const string ContentType = "application/schema+json";

    private const string Resource = "policies.schema.json";

    /// <summary>Text of the schema in JSON. <c>$defs/liveTenant</c> describes the live override of a tenant.</summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var reader = new StreamReader(typeof(PolicySchema).Assembly.GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd();
    }
}
