namespace Weir.Server;

/// <summary>Keys of an Envoy configuration.</summary>
internal static class EnvoyKeys
{
    public const string Domain = "domain";
    public const string Descriptors = "descriptors";
    public const string Key = "key";
    public const string Value = "value";
    public const string RateLimit = "rate_limit";
    public const string ShadowMode = "shadow_mode";
    public const string QuotaMode = "quota_mode";
    public const string DetailedMetric = "detailed_metric";
    public const string ValueToMetric = "value_to_metric";
    public const string ShareThreshold = "share_threshold";
    public const string Metadata = "metadata";
    public const string Unit = "unit";
    public const string RequestsPerUnit = "requests_per_unit";
    public const string Unlimited = "unlimited";
    public const string Name = "name";
    public const string Replaces = "replaces";

    private static readonly DocumentKeys Document = new("the document", [Domain, Descriptors]);

    private static readonly DocumentKeys Descriptor = new(
        "a descriptor",
        [
            Key, Value, RateLimit, Descriptors, ShadowMode, QuotaMode, DetailedMetric, ValueToMetric, ShareThreshold,
            Metadata,
        ]);

    private static readonly DocumentKeys Limit = new(
        "rate_limit", [Unit, RequestsPerUnit, Unlimited, Name, Replaces], "{ unit: minute, requests_per_unit: 10 }");

    private static readonly DocumentKeys Replaced = new("an item of replaces", [Name], "{ name: other }");

    private static readonly DocumentKeys[] All = [Document, Descriptor, Limit, Replaced];

    public static readonly DocumentKeys OfDocument = Document with { Family = All };
    public static readonly DocumentKeys OfDescriptor = Descriptor with { Family = All };
    public static readonly DocumentKeys OfLimit = Limit with { Family = All };
    public static readonly DocumentKeys OfReplaced = Replaced with { Family = All };
}
