using System.Security.Cryptography;

namespace Weir.Redis;

/// <summary>A script of this assembly, as Redis knows it: by its text, and by its digest once it keeps it.</summary>
internal sealed class RedisScript
{
    /// <summary>The script of all decisions.</summary>
    public static readonly RedisScript Take = new("take.lua");

    /// <param name="name">The name of the file.</param>
    public RedisScript(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(name)!;
        byte[] text = new byte[stream.Length];
        stream.ReadExactly(text);
        Text = text;
#pragma warning disable CA5350 // This is how Redis names a script; nothing is kept safe by it.
        Digest = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA1.HashData(text)));
#pragma warning restore CA5350
    }

    /// <summary>What it says.</summary>
    public ReadOnlyMemory<byte> Text { get; }

    /// <summary>Its SHA-1 in hexadecimal.</summary>
    public ReadOnlyMemory<byte> Digest { get; }
}
