using Microsoft.Extensions.Configuration;

namespace Weir.Server.Tests.Auth;

/// <summary>Keys in the configuration, and what is open by it.</summary>
public sealed class KeySettingsTests
{
    private const string Secret = "geheim-0123456789abcdef0123456789abcdef";

    private static readonly string Hash = Convert.ToHexString(KeySecret.HashOf(Secret));

    [Fact]
    public void A_key_is_read_with_all_it_is_by_its_secret_or_its_hash()
    {
        var auth = Read(
            ("Keys:0:Name", "ci"), ("Keys:0:Key", Secret), ("Keys:0:Scope", "take"), ("Keys:0:Tenant", "acme"),
            ("Keys:7:Name", "root"), ("Keys:7:Hash", new string('a', 64)), ("Keys:7:Scope", "admin"));
        var keys = ConfiguredKeys.Of(auth);
        Assert.Equal(["config:ci", "config:root"], keys.Select(key => key.Id));
        Assert.Equal((KeyScope.Take, "acme", Hash), (keys[0].Scope, keys[0].Tenant, Convert.ToHexString(keys[0].Hash)));
        Assert.Equal((KeyScope.Admin, null, new string('A', 64)), (keys[1].Scope, keys[1].Tenant, Convert.ToHexString(keys[1].Hash)));
    }

    [Fact]
    public void An_entry_that_says_nothing_is_none() => Assert.Empty(Read(("Keys:0:Name", ""), ("Keys:0:Key", ""), ("Keys:0:Scope", "")).Keys);

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_and_no_secret_is_repeated()
    {
        var thrown = Assert.Throws<SettingsException>(() => Read(
            ("AdminKey", Secret),
            ("Keys", "geheim-alone"),
            ("Keys:0", "geheim-in-a-place"),
            ("Keys:1:Name", "a b"), ("Keys:1:Scope", "root"), ("Keys:1:Key", Secret), ("Keys:1:Hash", Hash),
            ("Keys:2:Name", "x"), ("Keys:2:Scope", "take"), ("Keys:2:Key", "geheim"),
            ("Keys:3:Name", "x"), ("Keys:3:Scope", "admin"), ("Keys:3:Hash", "geheim"), ("Keys:3:Tenant", "acme"),
            ("Keys:4:Name", "y"), ("Keys:4:Scope", "take"), ("Keys:4:Key", Secret), ("Keys:4:Tenant", "a b"),
            ("Keys:5:Name", "z"), ("Keys:5:Scope", "take"), ("Keys:5:Hash", Hash.ToLowerInvariant()),
            ("AllowAnonymous", "perhaps")));
        Assert.Equal(
            """
            Weir:Auth:AllowAnonymous: the value is neither true nor false; use true or false
            Weir:Auth:Keys: it is a list; use Weir:Auth:Keys:0:Name, Weir:Auth:Keys:0:Key and Weir:Auth:Keys:0:Scope
            Weir:Auth:Keys:0: it is a key with settings of its own; use Weir:Auth:Keys:0:Name, Weir:Auth:Keys:0:Key and Weir:Auth:Keys:0:Scope
            Weir:Auth:Keys:1:Name: it does not fit; use 1 to 64 characters out of A-Z a-z 0-9 . _ -: the audit trail calls the key by it
            Weir:Auth:Keys:1:Key: it is given and Hash too; use one of Key, KeyFile and Hash
            Weir:Auth:Keys:1:Scope: the value is unknown; use take or admin
            Weir:Auth:Keys:2:Key: it is shorter than 32 characters, and could be guessed; use a random one, such as the output of: openssl rand -hex 32
            Weir:Auth:Keys:3:Hash: it is not 64 hexadecimal digits; use the SHA-256 of the key, such as the output of: printf %s KEY | sha256sum
            Weir:Auth:Keys:3:Tenant: an admin key is for all tenants; leave it out, or use the scope take
            Weir:Auth:Keys:4:Tenant: it does not fit; use 1 to 64 characters out of A-Z a-z 0-9 . _ -, or leave it out for all tenants
            Weir:Auth:Keys: 2 and 3 have the same name; give each key its own name, by which the audit trail calls it
            Weir:Auth:Keys: 4 and 5 have the same secret; give each key its own
            Weir:Auth:Keys: 4 has the secret of Weir:Auth:AdminKey; give each its own
            """,
            thrown.Message);
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void L10_a_secret_has_a_shortest_and_a_longest_length(int length, bool right) =>
        Assert.Equal(right,
            IsRight([("Keys:0:Name", "a"), ("Keys:0:Scope", "take"), ("Keys:0:Key", Secret64(length))]));

    [Theory]
    [InlineData(15, false)]
    [InlineData(16, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void L10_so_has_the_admin_key(int length, bool right) =>
        Assert.Equal(right, IsRight([("AdminKey", Secret64(length))]));

    [Theory]
    [InlineData(ApiKey.MaxKeys, true)]
    [InlineData(ApiKey.MaxKeys + 1, false)]
    public void L10_there_is_a_largest_number_of_keys(int count, bool right) =>
        Assert.Equal(right, IsRight([.. Enumerable.Range(0, count).SelectMany(i => new[] { ($"Keys:{i}:Name", (string?)$"n{i}"), ($"Keys:{i}:Scope", "take"), ($"Keys:{i}:Hash", i.ToString("x64")) })]));

    [Theory]
    [InlineData(null, false, false, true)]
    [InlineData(null, false, true, false)]
    [InlineData(null, true, false, false)]
    [InlineData(null, true, true, false)]
    [InlineData(true, true, true, true)]
    [InlineData(false, false, false, false)]
    public void Anybody_may_take_only_if_that_is_said_or_nobody_else_is_near_and_nobody_has_a_key(bool? said, bool reachable, bool hasKey, bool open)
    {
        var auth = new WeirOptions.AuthSettings { AllowAnonymous = said, AdminKey = AdminKey };
        if (hasKey)
            auth.Keys.Add(new WeirOptions.KeySettings("0") { Scope = "take" });
        Assert.Equal(open, AccessRule.Of(auth, reachable ? ["urls has \"http://+:1\""] : []).AnonymousMayTake);
    }

    [Fact]
    public void There_is_an_admin_only_if_one_is_configured()
    {
        Assert.False(HasAdmin(new WeirOptions.AuthSettings(), "take"));
        Assert.True(HasAdmin(new WeirOptions.AuthSettings(), "admin"));
        Assert.True(HasAdmin(new WeirOptions.AuthSettings { AdminKey = AdminKey }, "take"));
    }

    private const string AdminKey = "0123456789abcdef";

    /// <summary>A secret of so many characters, which repeats them only after 64.</summary>
    private static string Secret64(int length) =>
        string.Concat(Enumerable.Range(0, length).Select(i => (char)('0' + (i % 64))));

    private static bool HasAdmin(WeirOptions.AuthSettings auth, string scope)
    {
        auth.Keys.Add(new WeirOptions.KeySettings("0") { Scope = scope });
        return AccessRule.Of(auth, []).HasAdmin;
    }

    private static bool IsRight((string, string?)[] settings)
    {
        try
        {
            return Read(settings) is not null;
        }
        catch (SettingsException)
        {
            return false;
        }
    }

    private static WeirOptions.AuthSettings Read(params (string Name, string? Value)[] settings) => Settings.Read(Configure(settings)).Auth;

    private static IConfiguration Configure(params (string Name, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Weir:Auth:{setting.Name}", setting.Value))).Build();
}
