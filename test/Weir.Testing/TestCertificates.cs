using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Weir.Testing;

/// <summary>
/// An authority of the test's own, and what it has signed: a certificate for a server and one for a client, as PEM files in a temporary folder.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private static readonly Oid ForServers = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weir-tls-");
    private readonly X509Certificate2 _authority;
    private readonly string _serverName;

    /// <summary>Makes them all.</summary>
    /// <param name="serverName">The host, a name or an address, that the server's certificate is for.</param>
    public TestCertificates(string serverName = "127.0.0.1")
    {
        _serverName = serverName;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Weir test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        AuthorityFile = Write("ca.crt", _authority.ExportCertificatePem());
        (ServerFile, ServerKeyFile) = Sign("server", ForServers, serverName);
        (ClientFile, ClientKeyFile) = Sign("client", ForClients, "weir");
    }

    /// <summary>The authority's certificate.</summary>
    public string AuthorityFile { get; }

    /// <summary>The server's certificate.</summary>
    public string ServerFile { get; }

    /// <summary>The server's private key.</summary>
    public string ServerKeyFile { get; }

    /// <summary>A client's certificate.</summary>
    public string ClientFile { get; }

    /// <summary>The client's private key.</summary>
    public string ClientKeyFile { get; }

    internal string[] ServerArguments => ["--tls-cert-file", ServerFile, "--tls-key-file", ServerKeyFile, "--tls-ca-cert-file", AuthorityFile];

    /// <inheritdoc/>
    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Writes a file beside the others, and says where it is.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Speaks TLS over a stream, as a client that has a certificate and knows the authority.</summary>
    internal async Task<Stream> SecureAsync(Stream plain, CancellationToken cancellation)
    {
        var secure = new SslStream(plain);
        using var client = X509Certificate2.CreateFromPemFile(ClientFile, ClientKeyFile);
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(_authority);
        var options = new SslClientAuthenticationOptions { TargetHost = _serverName, ClientCertificates = [client], CertificateChainPolicy = trust };
        await secure.AuthenticateAsClientAsync(options, cancellation);
        return secure;
    }

    private (string Certificate, string Key) Sign(string name, Oid purpose, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([purpose], false));
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        return (Write(name + ".crt", signed.ExportCertificatePem()), Write(name + ".key", key.ExportPkcs8PrivateKeyPem()));
    }
}
