using System.Text;

namespace Weir.Server;

internal sealed record SecretFile(string Setting, string? Path, Func<string?> Get, Action<string?> Set)
{
    public const int MaxBytes = 4096;

    public const string OfHashes = "Weir:Keys:SecretFile";

    private const string OfAdmin = "Weir:Auth:AdminKeyFile";
    private const string OfRedis = "Weir:Redis:PasswordFile";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IEnumerable<SecretFile> Of(WeirOptions options)
    {
        var (auth, keys, redis) = (options.Auth, options.Keys, options.Redis);
        yield return new(OfAdmin, auth.AdminKeyFile, () => auth.AdminKey, secret => auth.AdminKey = secret);
        yield return new(OfHashes, keys.SecretFile, () => keys.Secret, secret => keys.Secret = secret);
        yield return new(OfRedis, redis.PasswordFile, () => redis.Password, secret => redis.Password = secret);
        foreach (var key in auth.Keys)
        {
            string setting = $"Weir:{SettingTable.KeyList}:{key.Place}:KeyFile";
            yield return new(setting, key.KeyFile, () => key.Key, secret => key.Key = secret);
        }
    }

    public static IEnumerable<string> ReadAll(WeirOptions options)
    {
        foreach (var file in Of(options).Where(file => file.Path is not null))
        {
            string value = file.Setting[..^"File".Length];
            if (file.Get() is not null)
                yield return $"{file.Setting}: {value} is set too; leave one out";
            else if (file.Read() is var (secret, fault) && fault is not null)
                yield return $"{file.Setting}: {fault}";
            else
                file.Set(secret);
        }
    }

    /// <summary>Returns the secret in the file, without the final line end, or an error.</summary>
    public (string? Secret, string? Fault) Read()
    {
        try
        {
            if (Directory.Exists(Path))
                return (null, "it names a folder; name a file with the secret");
            using var file = File.OpenRead(Path!);
            byte[] bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length > MaxBytes
                ? (null, $"the file is longer than {MaxBytes} bytes; name a file with nothing but the secret")
                : SecretIn(bytes.AsSpan(0, length));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, "there is no such file; name a file with the secret, not the secret itself");
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (null, "this user cannot read the file; let the user read it, or name another file");
        }
    }

    private static (string? Secret, string? Fault) SecretIn(ReadOnlySpan<byte> bytes)
    {
        try
        {
            string secret = Utf8.GetString(bytes).TrimStart('\uFEFF').TrimEnd('\r', '\n');
            return secret.Length == 0 ? (null, "the file is empty; write the secret into it")
                : secret.AsSpan().ContainsAny('\r', '\n')
                    ? (null, "the file has more than one line; write nothing but the secret into it")
                : (secret, null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "the file is not text in UTF-8; write the secret into it");
        }
    }
}
