using System.Security.Cryptography;

namespace Weir.Redis;

/// <summary>A script of this assembly. Redis knows it by its text, and by its digest once it keeps it.</summary>
internal sealed class RedisScript
{
    public static readonly RedisScript Buckets = new("head.lua", "decisions.lua");

    /// <summary>Decides commands of which some have a concurrency limit or a record.</summary>
    public static readonly RedisScript Whole = new("head.lua", "permits.lua", "answers.lua", "decisions.lua");

    public RedisScript(params ReadOnlySpan<string> parts)
    {
        using var text = new MemoryStream();
        foreach (string part in parts)
        {
            using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(part)!;
            stream.CopyTo(text);
        }

        Text = text.ToArray();
#pragma warning disable CA5350 // This is how Redis names a script; nothing is kept safe by it.
        Digest = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA1.HashData(Text.Span)));
#pragma warning restore CA5350
    }

    public ReadOnlyMemory<byte> Text { get; }

    public ReadOnlyMemory<byte> Digest { get; }
}
