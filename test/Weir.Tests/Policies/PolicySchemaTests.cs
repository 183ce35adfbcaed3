using System.Text.Json;
using Json.Schema;
using YamlDotNet.Core;

namespace Weir.Tests.Policies;

/// <summary>The schema and the parser agree: on what is good, on the keys there are, and on what is bad as far as a schema can say it.</summary>
public sealed class PolicySchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(PolicySchema.Text);
    private static readonly JsonElement Root = JsonDocument.Parse(PolicySchema.Text).RootElement;

    /// <summary>Bad documents that a schema cannot tell from good ones, and why.</summary>
    private static readonly Dictionary<string, string[]> Beyond = new()
    {
        ["it depends on the plans there are"] =
        [
            "an unknown default plan", "a default plan that is like no other", "a default plan in another case", "a tenant's plan that is not there",
            "a tenant's plan in another case", "JSON with a flag for a plan",
        ],
        ["it depends on the limits of the tenant's plan"] =
        [
            "a limit of its own without numbers", "an override by a concurrency without places", "an override by a window without a length", "an override that does not fit",
            "an override that is a typo", "overrides of a plan without limits", "a burst over a concurrency", "a burst over a window", "a ban with the plan's burst",
            "a seventeenth limit of a tenant's own",
        ],
        ["it depends on numbers within a text, or on several together"] =
        [
            "a rate of 2^53 tokens", "a rate of a day more than a leap year", "a rate of an hour more than a leap year", "a rate that fills more than can be counted",
            "a rate that fills more than can be counted in an odd period", "a burst that cannot be counted at its rate", "a lease of more than a day",
            "a rate of a fraction that takes years", "a window of seven minutes", "a window of five hours", "a window of two days in hours", "a window of five months",
            "a window of three quarters", "a window of two years", "a window of 53 weeks", "a window of 367 days", "a window of too many seconds",
            "a start of windows of minutes", "a start of windows of a minute", "a date that is none", "a day of the week for days", "a day of the week for months",
            "monday for several days", "monday for minutes", "monday for a month",
            "a date for a day", "a date for months", "a lease a millisecond too long", "a pattern of 129 letters of two bytes",
        ],
        ["it depends on the table of time zones"] = ["a zone that is a town"],
        ["it is gone before a schema is asked: how a number or a flag is spelled"] =
            ["a burst with an exponent", "JSON with a cost that has an exponent", "unlimited in capitals"],
        ["it is gone before a schema is asked: what is no value of the document"] =
        [
            "a DEL", "an escape", "a paragraph separator", "an unseen line break", "two documents", "three documents", "a tag that names a type of a language",
        ],
    };

    public static TheoryData<string> GoodNames => [.. GoodDocumentTests.Documents.Select(document => document.Name)];

    public static TheoryData<string> BadNames => [.. BadDocuments.All.Select(document => document.Name)];

    [Theory]
    [MemberData(nameof(GoodNames))]
    public void Every_good_document_is_good_by_the_schema(string name) =>
        AssertGood(GoodDocumentTests.Documents.Single(document => document.Name == name).Text);

    [Theory]
    [MemberData(nameof(DocumentationTests.Examples), MemberType = typeof(DocumentationTests))]
    public void Every_example_is_good_by_the_schema(string text) => AssertGood(text);

    [Fact]
    public void The_shipped_document_is_good_by_the_schema() => AssertGood(File.ReadAllText(PolicySetText.PathOf("src/Weir.Server/policies.yaml")));

    [Theory]
    [MemberData(nameof(BadNames))]
    public void Every_bad_document_is_bad_by_the_schema_unless_no_schema_could_say_so(string name)
    {
        string text = BadDocuments.All.Single(document => document.Name == name).Text;

        Assert.True(IsGood(text) == Beyond.Values.Any(names => names.Contains(name)), $"{name} is {(IsGood(text) ? "good" : "bad")} by the schema");
    }

    [Fact]
    public void The_schema_has_the_keys_that_the_parser_has_and_each_is_described()
    {
        Assert.Equal(DocumentKeys.All.Length, KeysOf.Count);
        foreach (var keys in DocumentKeys.All)
        {
            var mapping = At(KeysOf[keys]);
            Assert.Equal(keys.Known.Order(StringComparer.Ordinal), mapping.GetProperty("properties").EnumerateObject().Select(key => key.Name).Order(StringComparer.Ordinal));
            Assert.False(mapping.GetProperty("additionalProperties").GetBoolean());
            Assert.All(mapping.GetProperty("properties").EnumerateObject(), key => Assert.True(IsDescribed(key.Value), key.Name));
        }
    }

    [Fact]
    public void Every_unit_of_a_rate_is_known_to_the_schema()
    {
        foreach (string unit in Rate.Units.Split(", "))
            AssertGood($"defaultPlan: a\nplans: {{ a: {{ limits: {{ x: {{ rate: 5/7{unit} }}, y: {{ concurrency: {{ limit: 1, lease: 9{unit} }} }} }} }} }}\n");
    }

    [Fact]
    public void Live_tenants_have_a_schema_of_their_own_and_only_they_may_end()
    {
        var tenant = JsonSchema.FromText($$"""{ "$ref": "#/$defs/liveTenant", "$defs": {{At("$defs").GetRawText()}} }""");
        string[] good =
        [
            "{}", """{"plan":"pro"}""", """{"unlimited":true}""", """{"until":"2030-01-31T12:00:00Z","limits":{"per-key":{"rate":"20/s"}}}""",
            """{"until":"2030-01-31T12:00:00.5+01:00","limits":{"per-key":{"burst":"3x"}}}""",
        ];
        // What they have in common with those of a document depends on the plans.
        string[] beyond =
        [
            "with a plan that is not there", "with a plan that is nearly there", "with a limit without numbers", "with a burst over a window", "with a seventeenth limit",
            "until a day that is none", "until an hour that is none", "until a month that is none",
        ];

        Assert.All(good, text => Assert.True(tenant.Evaluate(JsonDocument.Parse(text).RootElement).IsValid, text));
        foreach (var (name, text, _) in BadTenants.All.Where(bad => IsJson(bad.Text)))
            Assert.True(tenant.Evaluate(JsonDocument.Parse(text).RootElement).IsValid == beyond.Contains(name), name);
    }

    /// <summary>Where in the schema each kind of mapping stands.</summary>
    private static readonly Dictionary<DocumentKeys, string> KeysOf = new()
    {
        [DocumentKeys.OfDocument] = "",
        [DocumentKeys.OfPlan] = "$defs/plan",
        [DocumentKeys.OfLimit] = "$defs/limit",
        [DocumentKeys.OfTenant] = "$defs/tenant",
        [DocumentKeys.OfLiveTenant] = "$defs/liveTenant",
        [DocumentKeys.OfKey] = "$defs/key",
        [DocumentKeys.OfLiveKey] = "$defs/liveKey",
        [DocumentKeys.OfWindow] = "$defs/limit/properties/window",
        [DocumentKeys.OfConcurrency] = "$defs/limit/properties/concurrency",
    };

    private static JsonElement At(string path) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries).Aggregate(Root, (node, name) => node.GetProperty(name));

    private static bool IsDescribed(JsonElement key) => key.TryGetProperty("description", out _)
        || (key.TryGetProperty("$ref", out var target) && At(target.GetString()![2..]).TryGetProperty("description", out _));

    private static bool IsJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void AssertGood(string text)
    {
        var found = Schema.Evaluate(JsonSerializer.SerializeToElement(YamlAsJson.Read(text)), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(found.IsValid, string.Join('\n', found.Details?.Where(detail => detail.Errors is not null).Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}") ?? []));
    }

    private static bool IsGood(string text)
    {
        try
        {
            return Schema.Evaluate(JsonSerializer.SerializeToElement(YamlAsJson.Read(text))).IsValid;
        }
        catch (Exception unreadable) when (unreadable is YamlException or InvalidCastException or ArgumentException)
        {
            return false;
        }
    }
}
