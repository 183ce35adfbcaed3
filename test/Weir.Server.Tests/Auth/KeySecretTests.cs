using System.Security.Cryptography;
using System.Text;

namespace Weir.Server.Tests.Auth;

public sealed class KeySecretTests
{
    [Fact]
    public void A_secret_is_256_bits_of_chance_behind_a_prefix_that_is_recognised()
    {
        string[] secrets = [.. Enumerable.Range(0, 1_000).Select(_ => KeySecret.New())];
        Assert.All(secrets, secret => Assert.Matches("^weir_[0-9a-f]{64}$", secret));
        Assert.Equal(secrets.Length, secrets.Distinct().Count());
        // Each of the 256 bits is on in about half of them: 500, give or take six standard deviations of 16.
        var bits = secrets.Select(secret => Convert.FromHexString(secret[5..])).ToArray();
        for (int i = 0; i < 256; i++)
            Assert.InRange(bits.Count(bytes => (bytes[i / 8] & (1 << (i % 8))) != 0), 400, 600);
    }

    [Theory]
    [InlineData("Bearer abc", "abc")]
    [InlineData("bearer abc", "abc")]
    [InlineData("BEARER   abc ", "abc")]
    [InlineData("Bearer ü€", "ü€")]
    public void The_secret_of_a_header_is_hashed(string header, string secret)
    {
        var hash = new byte[32];
        Assert.True(KeySecret.TryHash(header, hash));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), hash);
        Assert.Equal(KeySecret.HashOf(secret), hash);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer    ")]
    [InlineData("Basic YWRtaW46YWRtaW4=")]
    [InlineData("abc")]
    public void What_is_no_bearer_has_no_secret(string? header) => Assert.False(KeySecret.TryHash(header, new byte[32]));

    [Theory]
    [InlineData(KeySecret.MaxLength, true)]
    [InlineData(KeySecret.MaxLength + 1, false)]
    public void L10_a_secret_has_a_longest_length(int length, bool hashed)
    {
        foreach (char letter in "a€")
            Assert.Equal(hashed, KeySecret.TryHash("Bearer " + new string(letter, length), new byte[32]));
    }
}
