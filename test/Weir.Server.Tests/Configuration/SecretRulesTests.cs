namespace Weir.Server.Tests.Configuration;

/// <summary>A key that is guessed, or that no header can carry, opens the door to others or to nobody.</summary>
public sealed class SecretRulesTests
{
    private const string Carry = "it has characters that a header cannot carry: use printable ASCII without spaces; ";
    private const string Few = "it repeats very few characters, and could be guessed; ";

    [Theory]
    [InlineData("                ", "it is blank; ")]
    [InlineData("\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t", "it is blank; ")]
    [InlineData("0123456789abcde", "it is shorter than 16 characters, and could be guessed; ")]
    [InlineData("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", Few)]
    [InlineData("abababababababababababababababab", Few)]
    [InlineData("0000000000000000", Few)]
    [InlineData("................................", Few)]
    [InlineData(" 0123456789abcdef", Carry)]
    [InlineData("0123456789abcdef ", Carry)]
    [InlineData("0123456789 abcdef", Carry)]
    [InlineData("0123456789abcdef\r", Carry)]
    [InlineData("0123456789abcdef\u00a0", Carry)]
    [InlineData("schlüssel-0123456789", Carry)]
    [InlineData("ключ-0123456789abcdef", Carry)]
    [InlineData("0123456789abcdef\u200b", Carry)]
    public void Such_an_admin_key_is_refused(string key, string fault) =>
        Assert.StartsWith($"Weir:Auth:AdminKey: {fault}", Assert.Single(Read.Faults(("Weir:Auth:AdminKey", key))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("                                ", "it is blank; ")]
    [InlineData("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", Few)]
    [InlineData("0123456789abcdef0123456789abcde", "it is shorter than 32 characters, and could be guessed; ")]
    [InlineData("0123456789abcdef 0123456789abcdef", Carry)]
    public void Such_an_API_key_is_refused(string key, string fault) => Assert.StartsWith(
        $"Weir:Auth:Keys:0:Key: {fault}",
        Read.Faults(("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
            ("Weir:Auth:Keys:0:Key", key))[0],
        StringComparison.Ordinal);

    [Theory]
    [InlineData("                                ", "it is blank; ")]
    [InlineData("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", Few)]
    [InlineData("abc abc abc abc abc abc abc abc abc", Few)]
    public void Such_a_secret_of_hashes_is_refused(string secret, string fault) =>
        Assert.StartsWith($"Weir:Keys:Secret: {fault}", Assert.Single(Read.Faults(("Weir:Keys:Secret", secret))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public void The_hash_of_a_variable_that_was_not_set_is_refused(string hash) => Assert.StartsWith(
        "Weir:Auth:Keys:0:Hash: it is the SHA-256 of an empty text; ",
        Assert.Single(Read.Faults(("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
            ("Weir:Auth:Keys:0:Hash", hash))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("0123456789abcdef")]
    [InlineData("!~aB0123456789@$")]
    [InlineData("weir_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Others_are_not(string key) => Assert.Empty(Read.Faults(("Weir:Auth:AdminKey", key)));

    [Fact]
    public void Keys_that_Weir_makes_are_right()
    {
        for (int i = 0; i < 1_000; i++)
            Assert.Null(SecretRules.FaultOfKey(KeySecret.New(), KeySecret.MinLength));
    }
}
