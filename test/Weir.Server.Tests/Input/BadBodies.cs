namespace Weir.Server.Tests.Input;

/// <summary>Bodies that are wrong, with the field that is named and how the cure begins. <c>KEY</c> stands for the key that must not be charged.</summary>
internal static class BadBodies
{
    private const string CostRange = "cost must be a whole number from 1 to 2147483648; it was ";
    private const string CostKind = "cost must be given once, as a whole number from 1 (0 for a check) to 2147483648";
    private const string NoKey = "key is missing or empty: name what is limited, in 1 to 256 bytes of UTF-8";
    private const string KeyKind = "key must be given once, as a string of 1 to 256 bytes of UTF-8";
    private const string TenantRule = "tenant must be 1 to 64 characters out of A-Z a-z 0-9 . _ -";
    private const string TenantKind = "tenant must be given once, as a string of 1 to 64 characters out of A-Z a-z 0-9 . _ -";
    private const string AttributesKind = "attributes must be given once, as an object of at most 16 strings";
    private const string CostsKind = "costs must be given once, as an object of at most 16 whole numbers from 0 to 2147483648, such as {\"tokens\":812}";
    private const string CostsRange = "costs.tokens must be a whole number from 0 to 2147483648; it was ";
    private const string CostInUnitKind = "costs.tokens must be given once, as a whole number from 0 to 2147483648";
    private const string NotJson = "the body is not the JSON object that this path takes";
    private const string Unknown = " is not a field of this request: leave it out, or correct its name (key, cost, costs, tenant, attributes)";

    public static readonly (string Body, string Field, string Cure)[] Fields =
    [
        ("""{}""", "key", NoKey),
        ("""{"cost":1}""", "key", NoKey),
        ("""{"key":""}""", "key", NoKey),
        ("""{"key":null}""", "key", KeyKind),
        ("""{"key":7}""", "key", KeyKind),
        ("""{"key":["KEY"]}""", "key", KeyKind),
        ("""{"key":{"KEY":1}}""", "key", KeyKind),
        ("""{"key":true}""", "key", KeyKind),
        ("""{"key":"KEY","key":"KEY"}""", "key", KeyKind),
        ("""{"key":"KEY","cost":-1}""", "cost", CostRange + "-1"),
        ("""{"key":"KEY","cost":-9223372036854775808}""", "cost", CostRange),
        ("""{"key":"KEY","cost":2147483649}""", "cost", CostRange + "2147483649"),
        ("""{"key":"KEY","cost":9223372036854775807}""", "cost", CostRange),
        ("""{"key":"KEY","cost":9223372036854775808}""", "cost", CostKind),
        ("""{"key":"KEY","cost":1.5}""", "cost", CostKind),
        ("""{"key":"KEY","cost":1.0}""", "cost", CostKind),
        ("""{"key":"KEY","cost":1e3}""", "cost", CostKind),
        ("""{"key":"KEY","cost":"1"}""", "cost", CostKind),
        ("""{"key":"KEY","cost":null}""", "cost", CostKind),
        ("""{"key":"KEY","cost":true}""", "cost", CostKind),
        ("""{"key":"KEY","cost":[1]}""", "cost", CostKind),
        ("""{"key":"KEY","cost":1,"cost":1}""", "cost", CostKind),
        ("""{"key":"KEY","costs":null}""", "costs", CostsKind),
        ("""{"key":"KEY","costs":7}""", "costs", CostsKind),
        ("""{"key":"KEY","costs":["tokens"]}""", "costs", CostsKind),
        ("""{"key":"KEY","costs":{"tokens":1},"costs":{"tokens":1}}""", "costs", CostsKind),
        ("""{"key":"KEY","costs":{"tokens":-1}}""", "costs.tokens", CostsRange + "-1"),
        ("""{"key":"KEY","costs":{"tokens":2147483649}}""", "costs.tokens", CostsRange + "2147483649"),
        ("""{"key":"KEY","costs":{"tokens":9223372036854775808}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"tokens":1.5}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"tokens":"1"}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"tokens":null}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"tokens":{}}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"tokens":1,"tokens":2}}""", "costs.tokens", CostInUnitKind),
        ("""{"key":"KEY","costs":{"a b":1}}""", "costs", "a unit must be 1 to 64 characters out of A-Z a-z 0-9 . _ -"),
        ("""{"key":"KEY","costs":{"":1}}""", "costs", "a unit must be 1 to 64 characters out of A-Z a-z 0-9 . _ -"),
        ("""{"key":"KEY","costs":{"requests":1}}""", "costs.requests", "the cost in requests is the field cost: send it there"),
        ("""{"key":"KEY","cost":-1,"costs":{"tokens":1}}""", "cost", "cost must be a whole number from 0 to 2147483648; it was -1"),
        ("""{"key":"KEY","tenant":7}""", "tenant", TenantKind),
        ("""{"key":"KEY","tenant":null}""", "tenant", TenantKind),
        ("""{"key":"KEY","attributes":null}""", "attributes", AttributesKind),
        ("""{"key":"KEY","attributes":{},"attributes":{}}""", "attributes", AttributesKind),
        ("""{"key":"KEY","tenant":{}}""", "tenant", TenantKind),
        ("""{"key":"KEY","tenant":"slow","tenant":"slow"}""", "tenant", TenantKind),
        ("""{"key":"KEY","attributes":7}""", "attributes", AttributesKind),
        ("""{"key":"KEY","attributes":["a"]}""", "attributes", AttributesKind),
        ("""{"key":"KEY","attributes":{"a":7}}""", "attributes.a", "attributes.a must be given once, as a string"),
        ("""{"key":"KEY","attributes":{"a":{}}}""", "attributes.a", "attributes.a must be given once, as a string"),
        ("""{"key":"KEY","attributes":{"a":null}}""", "attributes.a", "attributes.a is null: send a string, or leave it out"),
        ("""{"key":"KEY","attributes":{"a":"1","a":"2"}}""", "attributes.a", "attributes.a must be given once, as a string"),
        ("""{"key":"KEY","attributes":{"key":"x"}}""", "attributes.key", "an attribute cannot be called key: send it as the field key"),
        ("""{"key":"KEY","attributes":{"a b":"x"}}""", "attributes", "an attribute's name must be 1 to 64 characters"),
        ("""{"key":"KEY","attributes":{"":"x"}}""", "attributes", "an attribute's name must be 1 to 64 characters"),
        ("""{"key":"KEY","kost":1}""", "kost", "kost" + Unknown),
        ("""{"Key":"KEY"}""", "Key", "Key" + Unknown),
        ("""{"key":"KEY","ttlMs":1}""", "ttlMs", "ttlMs" + Unknown),
    ];

    public static readonly (string Body, string Field, string Cure)[] Tenants =
    [
        ("""{"key":"KEY","tenant":""}""", "tenant", TenantRule),
        ("""{"key":"KEY","tenant":"a b"}""", "tenant", TenantRule),
        ("""{"key":"KEY","tenant":"a:b"}""", "tenant", TenantRule),
        ("""{"key":"KEY","tenant":"{a}"}""", "tenant", TenantRule),
        ("""{"key":"KEY","tenant":"é"}""", "tenant", TenantRule),
        ("""{"key":"KEY","tenant":"a\u0000"}""", "tenant", TenantRule),
        ($$"""{"key":"KEY","tenant":"{{new string('a', 65)}}"}""", "tenant", TenantRule),
    ];

    public static readonly (string Body, string Field, string Cure)[] Syntax =
    [
        ("", "body", NotJson),
        (" ", "body", NotJson),
        ("null", "body", "the body is null: send a JSON object"),
        ("[]", "body", NotJson),
        ("""[{"key":"KEY"}]""", "body", NotJson),
        ("7", "body", NotJson),
        ("\"KEY\"", "body", NotJson),
        ("{", "body", NotJson),
        ("""{"key":"KEY",""", "body", NotJson),
        ("""{"key":"KEY""", "body", NotJson),
        ("""{"key":"KEY\""", "body", NotJson),
        ("""{"key":"KEY"} x""", "body", NotJson),
        ("""{"key":"KEY"}{"key":"KEY"}""", "body", NotJson),
        ("""{"key":"KEY",}""", "body", NotJson),
        ("""{key:"KEY"}""", "body", NotJson),
        ("""{'key':'KEY'}""", "body", NotJson),
        ("""{"key":"KEY"}//""", "body", NotJson),
        ("""{"key":"KEY","cost":01}""", "body", NotJson),
        ("""{"key":"KEY","cost":+1}""", "body", NotJson),
        ("""{"key":"KEY","cost":NaN}""", "body", NotJson),
        ("key=KEY&cost=1", "body", NotJson),
        ("{\"key\":\"KEY\n\"}", "body", NotJson),
        ($$"""{"key":"KEY","x":{{new string('[', 100)}}{{new string(']', 100)}}}""", "", ""),
        (new string('[', 10_000), "body", NotJson),
    ];
}
