using System.Security.Cryptography;

namespace Weir.Redis;

/// <summary>A Lua script of this assembly. Redis executes its text (EVAL), and later its digest (EVALSHA).</summary>
internal sealed class RedisScript
{
    public static readonly RedisScript Buckets = new("head.lua", "decisions.lua");

    /// <summary>Script for batches in which a command has permits or an idempotency record.</summary>
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
#pragma warning disable CA5350 // Redis identifies scripts by SHA-1; the digest protects nothing.
        Digest = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA1.HashData(Text.Span)));
#pragma warning restore CA5350
    }

    public ReadOnlyMemory<byte> Text { get; }

    public ReadOnlyMemory<byte> Digest { get; }
}
