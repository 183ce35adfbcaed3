using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

/// <summary>A field of the wrong kind is told which kind is wanted, and an unknown one which fields this body has: those of this path, not of another.</summary>
public sealed class BadBodyKindTests
{
    private const string Until = "until must be given once, as a string that is a time with an offset from UTC, such as 2030-01-31T12:00:00Z";

    /// <summary>Every field of every body that is read.</summary>
    public static TheoryData<string, string> Fields => [.. FieldsOf<TakeBody>("/v1/take"), .. FieldsOf<TakeBody>("/v1/refund"), .. FieldsOf<TakeBody>("/v1/charge"), .. FieldsOf<TakeBody>("/limit/incr"),
        .. FieldsOf<BatchBody>("/v1/batch"), .. FieldsOf<ReservationBody>("/v1/reservations"), .. FieldsOf<CommitBody>("/v1/reservations/7/commit"),
        .. FieldsOf<NewKeyBody>("/admin/keys"), .. FieldsOf<BlockBody>("/admin/block"), .. FieldsOf<RollbackBody>("/admin/policies:rollback")];

    private static IEnumerable<TheoryDataRow<string, string>> FieldsOf<T>(string path) =>
        StrictJson<T>.Type.Properties.Select(field => new TheoryDataRow<string, string>(path, field.Name));

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_field_that_is_null_is_a_mistake_in_every_body(string path, string field)
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        var refused = await server.Http.AdminAsync(HttpMethod.Post, path, $$"""{"{{field}}":null}""");
        refused.AssertProblem(400);
        Assert.Equal(field, refused.Text("field"));
        Assert.StartsWith($"{field} must be given once, as ", refused.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/admin/policies:rollback", """{"version":"2"}""", "version must be given once, as a whole number: a version that the audit trail names")]
    [InlineData("/admin/policies:rollback", """{"versoin":2}""", "versoin is not a field of this request: leave it out, or correct its name (version)")]
    [InlineData("/admin/keys", """{"scope":1}""", "scope must be given once, as a string: admin or take")]
    [InlineData("/admin/keys", """{"scope":"take","name":1}""", "name must be given once, as a string of 1 to 64 characters out of A-Z a-z 0-9 . _ -")]
    [InlineData("/admin/keys", """{"scope":"take","until":"tomorrow"}""", "until must be given once, as a string that is a time with an offset from UTC, such as 2030-01-31T12:00:00Z")]
    [InlineData("/admin/keys", """{"scope":"take","key":"k"}""", "key is not a field of this request: leave it out, or correct its name (name, scope, tenant, until)")]
    [InlineData("/admin/block", """{"key":"k","until":7}""", "until must be given once, as a string that is a time with an offset from UTC, such as 2030-01-31T12:00:00Z")]
    [InlineData("/admin/block", """{"key":"k","reason":7}""", "reason must be given once, as a string of 1 to 256 characters")]
    [InlineData("/admin/block", """{"key":"k","cost":1}""", "cost is not a field of this request: leave it out, or correct its name (tenant, key, until, reason)")]
    [InlineData("/v1/reservations", """{"key":"k","ttlMs":"1"}""", "ttlMs must be given once, as a whole number from 1 to 86400000")]
    [InlineData("/v1/reservations", """{"key":"k","ttl":1}""", "ttl is not a field of this request: leave it out, or correct its name (ttlMs, key, cost, costs, tenant, attributes)")]
    [InlineData("/v1/reservations/7/commit", """{"cost":"1"}""", "cost must be given once, as a whole number from 0 to 2147483648")]
    [InlineData("/v1/reservations/7/commit", """{"key":"k"}""", "key is not a field of this request: leave it out, or correct its name (cost, costs)")]
    [InlineData("/v1/reservations/7/commit", """{"costs":{"tokens":"1"}}""", "costs.tokens must be given once, as a whole number from 0 to 2147483648")]
    [InlineData("/v1/reservations/7/commit", """{"costs":{"tokens":-1}}""", "costs.tokens must be a whole number from 0 to 2147483648; it was -1")]
    [InlineData("/v1/reservations/7/commit", """{"cost":-1,"costs":{"tokens":1}}""", "cost must be a whole number from 0 to 2147483648; it was -1")]
    [InlineData("/v1/reservations/7/commit", """{"costs":{}}""", "cost or costs must be given, each a whole number from 0 to 2147483648: what the request took in the end")]
    [InlineData("/v1/reservations/7/commit", """{}""", "cost or costs must be given, each a whole number from 0 to 2147483648: what the request took in the end")]
    [InlineData("/v1/batch", """{"requests":[{"key":"k","costs":{"tokens":"1"}}]}""", "requests[0].costs.tokens must be given once, as a whole number from 0 to 2147483648")]
    [InlineData("/v1/charge", """{"key":"k","kost":1}""", "kost is not a field of this request: leave it out, or correct its name (key, cost, costs, tenant, attributes)")]
    [InlineData("/v1/take", """{"key":"k","cost":"1"}""", "cost must be given once, as a whole number from 1 (0 for a check) to 2147483648")]
    [InlineData("/v1/take", """{"key":"k","attributes":{"version":1}}""", "attributes.version must be given once, as a string")]
    [InlineData("/v1/batch", """{"requests":{}}""", "requests must be given once, as an array of 1 to 1000 requests")]
    [InlineData("/v1/batch", """{"requests":[{"key":"k","kost":1}]}""", "requests[0].kost is not a field of this request: leave it out, or correct its name (key, cost, costs, tenant, attributes)")]
    [InlineData("/v1/batch", """{"key":"k"}""", "key is not a field of this request: leave it out, or correct its name (requests)")]
    [InlineData("/admin/keys", """{"scope":"take","until":null}""", Until)]
    [InlineData("/admin/keys", """{"scope":"take","until":"2030-01-31T12:00:00"}""", Until)]
    [InlineData("/admin/keys", """{"scope":"take","until":"2030-01-31 12:00:00Z"}""", Until)]
    [InlineData("/admin/keys", """{"scope":"take","until":"2030-01-31T12:00:00Z","until":"2031-01-31T12:00:00Z"}""", Until)]
    [InlineData("/admin/block", """{"key":"k","reason":"r","until":null}""", Until)]
    [InlineData("/admin/block", """{"key":"k","reason":"r","until":"2030-01-31"}""", Until)]
    [InlineData("/admin/block", """{"key":"k","reason":"r","until":"2030-01-31T12:00"}""", Until)]
    [InlineData("/admin/block", """{"key":"k","reason":"r","until":"2030-13-31T12:00:00Z"}""", Until)]
    public async Task The_kind_that_is_wanted_is_said(string path, string body, string detail)
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);

        var refused = await server.Http.AdminAsync(HttpMethod.Post, path, body);

        refused.AssertProblem(400);
        Assert.Equal((detail.Split(' ')[0], detail), (refused.Text("field"), refused.Text("detail")));
    }
}
