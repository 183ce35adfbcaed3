using System.Buffers.Binary;

namespace Weir.Simulation.Worlds;

/// <summary>The stored answers of a tenant in a simulated Redis, in bytes as <c>answers.lua</c> counts them.</summary>
/// <param name="Stored">The bytes of the records that are there and are bounded.</param>
/// <param name="Counted">The bytes that the tenant's account counts now.</param>
internal readonly record struct StoredAnswers(long Stored, long Counted)
{
    private const int CountedUntilAt = 33;

    /// <summary>A record that is not counted has the number of its later callers there, which is smaller.</summary>
    private const double LeastTime = 1 << 20;

    public static StoredAnswers In(LuaRedis redis, string tenant)
    {
        long stored = 0;
        string prefix = $"weir:{{{tenant}}}:";
        foreach (string key in redis.Keys.Where(key => key.StartsWith(prefix + "~memo:", StringComparison.Ordinal)))
        {
            byte[] record = redis.Get(key)!;
            if (BinaryPrimitives.ReadDoubleLittleEndian(record.AsSpan(CountedUntilAt)) >= LeastTime)
                stored += (long)Math.Ceiling((key.Length + record.Length) * 1.25) + 160;
        }

        long counted = 0;
        byte[] account = redis.Get(prefix + "~answers") ?? [];
        for (int at = 1; at < account.Length; at += 2 * sizeof(double))
        {
            bool counts = BinaryPrimitives.ReadDoubleLittleEndian(account.AsSpan(at)) > redis.NowUs;
            counted += counts ? (long)BinaryPrimitives.ReadDoubleLittleEndian(account.AsSpan(at + sizeof(double))) : 0;
        }

        return new(stored, counted);
    }
}
