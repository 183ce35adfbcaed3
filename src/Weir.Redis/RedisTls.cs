using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Makes TLS options from PEM files. A wrong host name or an untrusted signer is always refused.</summary>
internal static class RedisTls
{
    public static SslClientAuthenticationOptions Defaults(string host, ConfigurationOptions configuration) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = configuration.SslProtocols ?? default,
        CertificateRevocationCheckMode = RevocationOf(configuration),
    };

    public static Func<string, SslClientAuthenticationOptions>? Of(RedisOptions options, ConfigurationOptions configuration)
    {
        if (options.CaFile is null && options.CertificateFile is null)
            return null;
        var trust = options.CaFile is null ? null : TrustOnly(Authorities(options.CaFile));
        var own = options.CertificateFile is null ? null : SslStreamCertificateContext.Create(Own(options), Intermediates(options.CertificateFile), offline: true);
        return host =>
        {
            var tls = Defaults(host, configuration);
            (tls.CertificateChainPolicy, tls.ClientCertificateContext) = (trust, own);
            return tls;
        };
    }

    private static X509RevocationMode RevocationOf(ConfigurationOptions configuration) =>
        configuration.CheckCertificateRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;

    public static IEnumerable<string> FaultsOf(RedisOptions options, string prefix)
    {
        bool isSecure = options.Ssl ?? new RedisEndpoints(options.Endpoints).Ssl ?? false;
        foreach (string name in isSecure ? [] : NamesOfSet(options))
            yield return $"{prefix}{name}: the connection does not use TLS; set {prefix}Ssl to true, or leave "
                + $"{prefix}{name} out";
        if (options.KeyFile is not null && options.CertificateFile is null)
            yield return $"{prefix}KeyFile: {prefix}CertificateFile is not set; name the certificate that the key "
                + $"belongs to, or leave {prefix}KeyFile out";
        if (options.CaFile is { } authorities && Try(() => Authorities(authorities), authorities) is { } noAuthority)
            yield return $"{prefix}CaFile: {Shown(authorities)}{noAuthority}; name a PEM file with the certificates "
                + "that sign the certificate of Redis";
        if (options.CertificateFile is { } certificate
            && Try(() => Own(options).Dispose(), certificate, options.KeyFile ?? certificate) is { } noCertificate)
        {
            string key = options.KeyFile is { } file ? $"or its key {Shown(file)}" : "";
            yield return $"{prefix}CertificateFile: {Shown(certificate)}{key}{noCertificate}; name a PEM file with the "
                + $"certificate to show to Redis, and as {prefix}KeyFile one with its private key, not encrypted";
        }
    }

    /// <summary>Quotes a path. Hides a text that looks like no path: it may be a secret in the wrong setting.</summary>
    private static string Shown(string path) =>
        Path.IsPathRooted(path) || path.StartsWith('.') ? $"\"{path}\" " : "the file ";

    private static IEnumerable<string> NamesOfSet(RedisOptions options)
    {
        if (options.CaFile is not null)
            yield return nameof(options.CaFile);
        if (options.CertificateFile is not null)
            yield return nameof(options.CertificateFile);
    }

    /// <remarks>Does not check revocation: private signers seldom publish it, and a check would then fail.</remarks>
    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.AddRange(authorities);
        return trust;
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = Intermediates(file);
        return authorities.Count > 0 ? authorities : throw new CryptographicException();
    }

    private static X509Certificate2Collection Intermediates(string file)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        return certificates;
    }

    private static X509Certificate2 Own(RedisOptions options)
    {
        var own = X509Certificate2.CreateFromPemFile(options.CertificateFile!, options.KeyFile);
        if (!OperatingSystem.IsWindows())
            return own;
        // On Windows, TLS cannot use a key that is only in memory.
        using (own)
            return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), null);
    }

    private static string? Try(Action read, params string[] files)
    {
        if (files.Any(Directory.Exists))
            return "is a folder";
        try
        {
            read();
            return null;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return "does not exist";
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return "cannot be read by this user";
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
        {
            return unreadable is ArgumentException ? "does not match the other" : "holds no such thing";
        }
    }
}
