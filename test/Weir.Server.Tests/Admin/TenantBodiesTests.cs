namespace Weir.Server.Tests.Admin;

public sealed class TenantBodiesTests
{
    [Theory]
    [InlineData("""{"limits":null}""", 1, 11, "limits", "is null: write a value, or leave it out")]
    [InlineData("""{"limits":{"per-key":null}}""", 1, 22, "limits.per-key", "is null: write a value, or leave it out")]
    [InlineData("{\"limits\":{\"a\":{\"rate\":\"1/s\"},\n\"b\":{\"by\":[null]}}}", 2, 12, "limits.b.by", "is null: write a value, or leave it out")]
    [InlineData("{\n  \"plan\": \"a\",\n  \"unlimited\": \"true\"\n}", 3, 16, "unlimited", "must be true or false, without quotes")]
    [InlineData("""{"unlimited":"no"}""", 1, 14, "unlimited", "must be true or false, without quotes")]
    [InlineData("""{"plan":"a","until":null}""", 1, 21, "until", "is null: write a value, or leave it out")]
    public void What_JSON_has_no_meaning_for_is_named_with_its_place(string text, int line, int column, string path, string fault) =>
        Assert.Equal(new PolicyError("tenant acme", line, column, path, fault), TenantBodies.KindOf("acme", text).Error);

    [Theory]
    [InlineData("""{"unlimited":true}""", false)]
    [InlineData("""{"limits":{"unlimited":{"rate":"1/s"}},"until":"2030-01-01T00:00:00Z"}""", true)]
    [InlineData("{}", false)]
    public void What_is_an_object_without_null_is_taken(string text, bool isBoost) =>
        Assert.Equal((isBoost, null), TenantBodies.KindOf("acme", text));
}
