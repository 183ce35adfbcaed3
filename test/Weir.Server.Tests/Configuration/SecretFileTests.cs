using System.Text;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Configuration;

/// <summary>A secret in a file, at the start.</summary>
public sealed class SecretFileTests : IDisposable
{
    private const string Key = "geheim-0123456789abcdef0123456789abcdef";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Key)]
    [InlineData(Key + "\n")]
    [InlineData(Key + "\r\n")]
    [InlineData(Key + "\n\n")]
    [InlineData("\uFEFF" + Key + "\n")]
    public void Each_secret_may_stand_in_a_file_with_or_without_a_line_end(string text)
    {
        string file = _folder.Write("secret", text);

        Assert.Equal(Key, Read.Options(("Weir:Auth:AdminKeyFile", file)).Auth.AdminKey);
        Assert.Equal(Key, Read.Options(("Weir:Keys:SecretFile", file), ("Weir:Keys:Hash", "true")).Keys.Secret);
        Assert.Equal(Key, Read.Options(("Weir:Redis:PasswordFile", file), ("Weir:Redis:Endpoints", "a:1"))
            .Redis.Password);
        Assert.Equal(Key, Assert.Single(
            Read.Options(("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
                ("Weir:Auth:Keys:0:KeyFile", file)).Auth.Keys).Key);
    }

    [Fact]
    public void Blanks_are_part_of_a_password_and_a_fault_of_a_key()
    {
        string file = _folder.Write("secret", " pass word \n");
        Assert.Equal(" pass word ", Read.Options(("Weir:Redis:PasswordFile", file), ("Weir:Redis:Endpoints", "a:1"))
            .Redis.Password);
        Assert.StartsWith("Weir:Auth:AdminKey: it has characters that a header cannot carry",
            Assert.Single(Read.Faults(("Weir:Auth:AdminKeyFile", file))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "the file is empty; write the secret into it")]
    [InlineData("\n", "the file is empty; write the secret into it")]
    [InlineData("geheim-1\ngeheim-2\n", "the file has more than one line; write nothing but the secret into it")]
    [InlineData("LONG", "the file is longer than 4096 bytes; name a file with nothing but the secret")]
    [InlineData("LATIN1", "the file is not text in UTF-8; write the secret into it")]
    public void A_file_that_holds_something_else_is_told(string text, string fault)
    {
        string file = _folder.Write("secret", text == "LONG" ? new string('g', 4097) : text);
        if (text == "LATIN1")
            File.WriteAllBytes(file, Encoding.Latin1.GetBytes("geheim-schlüssel"));

        Assert.Equal([$"Weir:Auth:AdminKeyFile: {fault}"], Read.Faults(("Weir:Auth:AdminKeyFile", file)));
        Assert.Equal([$"Weir:Redis:PasswordFile: {fault}"], Read.Faults(("Weir:Redis:PasswordFile", file)));
        Assert.Equal([$"Weir:Auth:Keys:3:KeyFile: {fault}"],
            Read.Faults(("Weir:Auth:Keys:3:KeyFile", file), ("Weir:Auth:Keys:3:Name", "a"),
                ("Weir:Auth:Keys:3:Scope", "take")));
    }

    [Theory]
    [InlineData(Key)]
    [InlineData("/nowhere/at/all")]
    public void A_file_that_is_not_there_is_told_without_its_name(string path) => Assert.Equal(
        ["Weir:Auth:AdminKeyFile: there is no such file; name a file with the secret, not the secret itself"],
            Read.Faults(("Weir:Auth:AdminKeyFile", path)));

    [Fact]
    public void A_folder_is_no_file() =>
        Assert.Equal(["Weir:Keys:SecretFile: it names a folder; name a file with the secret"],
            Read.Faults(("Weir:Keys:SecretFile", _folder.Path), ("Weir:Keys:Hash", "true")));

    [Fact]
    public void A_secret_and_its_file_are_a_fault()
    {
        string file = _folder.Write("secret", Key);
        Assert.Equal(["Weir:Auth:AdminKeyFile: Weir:Auth:AdminKey is set too; leave one out"],
            Read.Faults(("Weir:Auth:AdminKeyFile", file), ("Weir:Auth:AdminKey", Key)));
        Assert.Equal(["Weir:Keys:SecretFile: Weir:Keys:Secret is set too; leave one out"],
            Read.Faults(("Weir:Keys:SecretFile", file), ("Weir:Keys:Secret", Key)));
        Assert.Equal(["Weir:Redis:PasswordFile: Weir:Redis:Password is set too; leave one out"],
            Read.Faults(("Weir:Redis:PasswordFile", file), ("Weir:Redis:Password", Key)));
        Assert.Equal(
            ["Weir:Auth:Keys:0:KeyFile: Weir:Auth:Keys:0:Key is set too; leave one out"],
            Read.Faults(("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
                ("Weir:Auth:Keys:0:Key", Key), ("Weir:Auth:Keys:0:KeyFile", file)));
        Assert.Equal(
            ["Weir:Auth:Keys:0:Key: it is given and Hash too; use one of Key, KeyFile and Hash"],
            Read.Faults(("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
                ("Weir:Auth:Keys:0:Hash", new string('a', 64)), ("Weir:Auth:Keys:0:KeyFile", file)));
        Assert.Equal(
            ["Weir:Redis:Password: Weir:Redis:Endpoints says something else about password; give it in one place"],
            Read.Faults(("Weir:Redis:PasswordFile", file), ("Weir:Redis:Endpoints", "redis://me:other@a")));
    }
}
