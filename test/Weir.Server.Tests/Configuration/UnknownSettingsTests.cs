namespace Weir.Server.Tests.Configuration;

/// <summary>
/// A name that means nothing would silently not hold, so it stops the start and says what may have been meant.
/// </summary>
public sealed class UnknownSettingsTests
{
    [Theory]
    [InlineData("Weir:Redis:Endpoint", "Unknown setting Weir:Redis:Endpoint. Did you mean Weir:Redis:Endpoints?")]
    [InlineData("Weir:Redis:DedlineMs", "Unknown setting Weir:Redis:DedlineMs. Did you mean Weir:Redis:DeadlineMs?")]
    [InlineData("Weir:Redis:Url", "Unknown setting Weir:Redis:Url. Did you mean Weir:Redis:Endpoints?")]
    [InlineData("Weir:Redis:ConnectionString",
        "Unknown setting Weir:Redis:ConnectionString. Did you mean Weir:Redis:Endpoints?")]
    [InlineData("Weir:Redis_Endpoints", "Unknown setting Weir:Redis_Endpoints. Did you mean Weir:Redis:Endpoints?")]
    [InlineData("Weir:AdminKey", "Unknown setting Weir:AdminKey. Did you mean Weir:Auth:AdminKey?")]
    [InlineData("Weir:Policies", "Unknown setting Weir:Policies. Did you mean Weir:PolicyFile?")]
    [InlineData("Weir:Memroy:MaxKeys", "Unknown setting Weir:Memroy:MaxKeys. Did you mean Weir:Memory:MaxKeys?")]
    [InlineData("Weir:Auth:Keyz:0:Name", "Unknown setting Weir:Auth:Keyz. Did you mean Weir:Auth:Keys?")]
    [InlineData("Weir:Nonsense", "Unknown setting Weir:Nonsense; --help lists all settings")]
    [InlineData("Weir:Auth:Keys:0:Tennant",
        "Unknown setting Weir:Auth:Keys:0:Tennant. Did you mean Weir:Auth:Keys:0:Tenant?")]
    [InlineData("Weir:Auth:Keys:7:Scopes",
        "Unknown setting Weir:Auth:Keys:7:Scopes. Did you mean Weir:Auth:Keys:7:Scope?")]
    [InlineData("Weir:geheim geheim", "Unknown setting with a name that is not one; --help lists all settings")]
    public void A_misspelled_name_is_told_with_the_one_it_is_close_to(string name, string fault)
    {
        string value = name.EndsWith("MaxKeys", StringComparison.Ordinal) ? "64" : "geheim";
        var faults = Read.Faults((name, value), ("Weir:Auth:Keys:0:Name", "a"), ("Weir:Auth:Keys:0:Scope", "take"),
            ("Weir:Auth:Keys:0:Hash", new string('a', 64)));
        Assert.Contains(fault, faults);
        Assert.DoesNotContain(faults, told => told.Contains("geheim", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Weir", "Weir: it is a section and has no value; set a setting below it, such as Weir:PolicyFile")]
    [InlineData("Weir:Redis",
        "Weir:Redis: it is a section and has no value; set a setting below it, such as Weir:Redis:Endpoints")]
    [InlineData("Weir:Auth",
        "Weir:Auth: it is a section and has no value; set a setting below it, such as Weir:Auth:AdminKey")]
    [InlineData("Weir:Shutdown",
        "Weir:Shutdown: it is a section and has no value; set a setting below it, such as Weir:Shutdown:DrainMs")]
    [InlineData("Weir:Auth:Keys",
        "Weir:Auth:Keys: it is a list; use Weir:Auth:Keys:0:Name, Weir:Auth:Keys:0:Key and Weir:Auth:Keys:0:Scope")]
    [InlineData("Weir:Auth:Keys:0",
        "Weir:Auth:Keys:0: it is a key with settings of its own; use Weir:Auth:Keys:0:Name, Weir:Auth:Keys:0:Key and "
            + "Weir:Auth:Keys:0:Scope")]
    [InlineData("Weir:Auth:Keys:geheim:Name",
        "Weir:Auth:Keys: its items are numbered; use Weir:Auth:Keys:0:Name, Weir:Auth:Keys:0:Key and "
            + "Weir:Auth:Keys:0:Scope")]
    [InlineData("Weir:Headers:x",
        "Weir:Headers: it is one value, and something stands below it; set Weir:Headers itself")]
    [InlineData("Weir:Auth:AdminKey:geheim",
        "Weir:Auth:AdminKey: it is one value, and something stands below it; set Weir:Auth:AdminKey itself")]
    [InlineData("Weir:Redis:Endpoints:0:Host",
        "Weir:Redis:Endpoints: it is one value, and something stands below it; set Weir:Redis:Endpoints itself")]
    [InlineData("Weir:Redis:Endpoints:geheim",
        "Weir:Redis:Endpoints: it is one value, and something stands below it; set Weir:Redis:Endpoints itself")]
    public void A_value_where_a_section_belongs_and_a_section_where_a_value_belongs_are_told(string name, string fault)
    {
        var faults = Read.Faults((name, "geheim"));
        Assert.Contains(fault, faults);
        Assert.DoesNotContain(faults, told => told.Contains("geheim", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("WEIR_REDIS_ENDPOINTS", "Weir__Redis__Endpoints")]
    [InlineData("weir_redis_endpoint", "Weir__Redis__Endpoints")]
    [InlineData("WEIR_REDIS_URL", "Weir__Redis__Endpoints")]
    [InlineData("WEIR_REDIS", "Weir__Redis__Endpoints")]
    [InlineData("WEIR_REDIS__ENDPOINTS", "Weir__Redis__Endpoints")]
    [InlineData("WEIR_AUTH_ADMINKEY", "Weir__Auth__AdminKey")]
    [InlineData("WEIR_AUTH_ADMIN_KEY", "Weir__Auth__AdminKey")]
    [InlineData("WEIR_AUTH_KEYS_0_TENANT", "Weir__Auth__Keys__0__Tenant")]
    [InlineData("WEIR_AUTH_KEYS_12_KEY_FILE", "Weir__Auth__Keys__12__KeyFile")]
    [InlineData("WEIR_POLICY_FILE", "Weir__PolicyFile")]
    [InlineData("Weir_Shutdown_DrainMs", "Weir__Shutdown__DrainMs")]
    public void A_variable_with_the_wrong_prefix_is_told(string name, string meant) =>
        Assert.Equal([$"Unknown environment variable {name}. Did you mean {meant}?"], UnknownSettings.FaultsOf([name]));

    [Fact]
    public void Variables_of_others_may_begin_alike() => Assert.Empty(UnknownSettings.FaultsOf(
        [
            "WEIR_SERVER", "WEIR_KEY", "WEIR_ADMIN_KEY", "WEIR_ALLOW_ANONYMOUS", "WEIR_TEST_REDIS_SERVER", "WEIR_URL",
                "WEIR_VERSION", "WEIR_IMAGE", "WEIR_HOME", "Weir__Redis__Endpoints", "WEIR__REDIS__ENDPOINTS",
            "WEIR_SERVICE_HOST", "WEIR_SERVICE_PORT", "WEIR_SERVICE_PORT_HTTP", "WEIR_PORT", "WEIR_PORT_3000_TCP",
                "WEIR_PORT_3000_TCP_ADDR", "WEIR_PORT_3000_TCP_PORT",
            "WEIR_REDIS_SERVICE_HOST", "WEIR_REDIS_PORT", "WEIR_REDIS_PORT_6379_TCP_PROTO", "WEIRD", "REDIS_ENDPOINTS",
                "PATH",
        ]));
}
