using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>TLS with an authority of one's own: what it has signed is let in, and nothing else.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task A_server_whose_certificate_a_named_authority_has_signed_is_asked()
    {
        using var tls = new TestCertificates();
        await using var server = await TestRedis.StartTlsAsync(tls, "--tls-auth-clients", "no");

        await AssertIsAskedAsync(new RedisOptions { Endpoints = server.Endpoint, Ssl = true, CaFile = tls.AuthorityFile });
    }

    [Fact]
    public async Task A_client_that_shows_its_certificate_is_let_in_by_a_server_that_wants_one()
    {
        using var tls = new TestCertificates();
        await using var server = await TestRedis.StartTlsAsync(tls);

        await AssertIsAskedAsync(new RedisOptions
        {
            Endpoints = server.Endpoint,
            Ssl = true,
            CaFile = tls.AuthorityFile,
            CertificateFile = tls.ClientFile,
            KeyFile = tls.ClientKeyFile,
        });
    }

    [Fact]
    public async Task The_name_that_a_certificate_is_for_may_be_said()
    {
        using var tls = new TestCertificates("redis.example");
        await using var server = await TestRedis.StartTlsAsync(tls, "--tls-auth-clients", "no");

        await AssertIsAskedAsync(new RedisOptions { Endpoints = $"{server.Endpoint},sslHost=redis.example", Ssl = true, CaFile = tls.AuthorityFile });
    }

    [Fact]
    public async Task L6_A_certificate_of_an_authority_that_is_not_named_is_refused_and_said_so()
    {
        using var tls = new TestCertificates();
        using var others = new TestCertificates();
        await using var server = await TestRedis.StartTlsAsync(tls, "--tls-auth-clients", "no");

        await AssertIsRefusedAsync(new RedisOptions { Endpoints = server.Endpoint, Ssl = true, CaFile = others.AuthorityFile }, "TLS: The remote certificate is invalid because of errors in the certificate chain");
        // Nor does the machine trust it.
        await AssertIsRefusedAsync(new RedisOptions { Endpoints = server.Endpoint, Ssl = true }, "TLS: The remote certificate is invalid because of errors in the certificate chain");
    }

    [Fact]
    public async Task L6_A_certificate_of_another_name_is_refused_and_said_so()
    {
        using var tls = new TestCertificates("redis.example");
        await using var server = await TestRedis.StartTlsAsync(tls, "--tls-auth-clients", "no");

        await AssertIsRefusedAsync(new RedisOptions { Endpoints = server.Endpoint, Ssl = true, CaFile = tls.AuthorityFile }, "RemoteCertificateNameMismatch");
    }

    [Fact]
    public async Task L6_A_client_without_a_certificate_is_not_let_in_where_one_is_wanted()
    {
        using var tls = new TestCertificates();
        await using var server = await TestRedis.StartTlsAsync(tls);

        await AssertIsRefusedAsync(new RedisOptions { Endpoints = server.Endpoint, Ssl = true, CaFile = tls.AuthorityFile }, "alert certificate required");
    }

    [Fact]
    public void Files_that_are_not_what_they_are_to_be_are_named_with_the_cure()
    {
        using var tls = new TestCertificates();
        using var others = new TestCertificates();
        string nonsense = tls.Write("nonsense.pem", "nonsense");

        Assert.Equal(
            ["CaFile: \"/nowhere.pem\" does not exist; name a PEM file with the certificates that sign the "
                + "certificate of Redis"],
            new RedisOptions { Ssl = true, CaFile = "/nowhere.pem" }.FindFaults());
        AssertFault($"CaFile: \"{nonsense}\" holds no such thing; ",
            new RedisOptions { Ssl = true, CaFile = nonsense });
        AssertFault("CaFile: \"/\" is a folder; ", new RedisOptions { Ssl = true, CaFile = "/" });
        AssertFault("CaFile: the file does not exist; ", new RedisOptions { Ssl = true, CaFile = "geheim" });
        AssertFault("CaFile: the connection does not use TLS; set Ssl to true",
            new RedisOptions { CaFile = tls.AuthorityFile });
        AssertFault("CaFile: the connection does not use TLS; ",
            new RedisOptions { Endpoints = "redis://a", CaFile = tls.AuthorityFile });
        AssertFault("KeyFile: CertificateFile is not set; ",
            new RedisOptions { Ssl = true, KeyFile = tls.ClientKeyFile });
        AssertFault("or its key \"/nowhere.key\" does not exist; ",
            new RedisOptions { Ssl = true, CertificateFile = tls.ClientFile, KeyFile = "/nowhere.key" });
        AssertFault(" holds no such thing; ", new RedisOptions { Ssl = true, CertificateFile = tls.ClientFile });
        AssertFault(" holds no such thing; ",
            new RedisOptions { Ssl = true, CertificateFile = tls.ClientFile, KeyFile = nonsense });
        AssertFault(" does not match the other; ",
            new RedisOptions { Ssl = true, CertificateFile = tls.ClientFile, KeyFile = others.ClientKeyFile });
        Assert.Empty(new RedisOptions { Endpoints = "rediss://a", CaFile = tls.AuthorityFile }.FindFaults());
        Assert.Throws<ArgumentException>(() => new RedisStore(new RedisOptions { Endpoints = "127.0.0.1:1", Ssl = true, CaFile = nonsense }, TimeProvider.System));
    }

    private static void AssertFault(string words, RedisOptions options) => Assert.Contains(words, Assert.Single(options.FindFaults()), StringComparison.Ordinal);

    private static async Task AssertIsAskedAsync(RedisOptions options)
    {
        options.Deadline = Until.Patience;
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken), store.LastError);
        Assert.Equal(StoreFault.None, (await store.TakeAsync(Some.Request())).Fault);
    }

    private static async Task AssertIsRefusedAsync(RedisOptions options, string error)
    {
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.False(await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken));
        await Until.TrueAsync(
            async () => (await store.TakeAsync(Some.Request())).Fault != StoreFault.None && store.LastError is { } said && said.Contains(error, StringComparison.Ordinal),
            () => $"\"{error}\" was not said");
    }
}
