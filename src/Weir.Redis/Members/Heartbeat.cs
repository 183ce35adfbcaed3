using System.Buffers.Binary;
using System.Text;

namespace Weir.Redis;

/// <summary>Phase of an instance, with the numbers of <c>heartbeat.lua</c>.</summary>
internal enum MemberPhase
{
    Leaves,

    Follows,

    /// <summary>The instance sees Redis again, but still decides from memory.</summary>
    Returns,

    /// <summary>As <see cref="Returns"/>, and the instance has restored its known spending to Redis.</summary>
    IsReady,
}

/// <summary>An instance as Redis knows it, in µs of Redis. HeardUs: time of its last heartbeat. ReadUs: time in the
/// last reply that the instance had read before that heartbeat; 0 for none.</summary>
internal readonly record struct Member(long Name, long HeardUs, MemberPhase Phase, long ReadUs);

/// <summary>Reply of <c>heartbeat.lua</c>, in µs of Redis. Life is a number that Redis loses together with its memory.
/// ReturnedUs is the time at which the first instance returned from an outage; 0 if none has.</summary>
internal sealed record Heartbeat(long NowUs, long Life, long ReturnedUs, IReadOnlyList<Member> Members, string Rule)
{
    private const int Head = 4;
    private const int MemberFields = 4;

    private static readonly RedisScript Script = new("heartbeat.lua");

    public static (byte[] Members, byte[] Rule) KeysOf(string prefix, int shard)
    {
        string tag = $"{prefix}:{{{ShardTenant.Of(shard)}}}";
        return (Encoding.UTF8.GetBytes($"{tag}:members"), Encoding.UTF8.GetBytes($"{tag}:settings"));
    }

    public static ScriptCall Call(
        (byte[] Members, byte[] Rule) keys, long name, MemberPhase phase, long readUs, long life, long goneUs,
        string settings, string? rule)
    {
        var call = new ScriptCall(Script);
        call.AddKey(keys.Members);
        call.AddKey(keys.Rule);
        var numbers = call.Add(5 * sizeof(double));
        BinaryPrimitives.WriteDoubleLittleEndian(numbers, name);
        BinaryPrimitives.WriteDoubleLittleEndian(numbers[8..], (int)phase);
        BinaryPrimitives.WriteDoubleLittleEndian(numbers[16..], readUs);
        BinaryPrimitives.WriteDoubleLittleEndian(numbers[24..], life);
        BinaryPrimitives.WriteDoubleLittleEndian(numbers[32..], goneUs);
        call.Add(Encoding.UTF8.GetBytes(settings));
        call.Add(Encoding.UTF8.GetBytes(rule ?? ""));
        return call;
    }

    public static Heartbeat? Read(ReadOnlySpan<byte> reply)
    {
        int numbers = reply.Length / sizeof(double);
        if (numbers < Head)
            return null;
        long count = Number(reply, Head - 1);
        if (count < 0 || count > (numbers - Head) / MemberFields)
            return null;
        var members = new Member[count];
        for (int i = 0; i < members.Length; i++)
        {
            int at = Head + (i * MemberFields);
            members[i] = new(Number(reply, at), Number(reply, at + 1), (MemberPhase)Number(reply, at + 2), Number(reply, at + 3));
        }

        string rule = Encoding.UTF8.GetString(reply[((Head + (members.Length * MemberFields)) * sizeof(double))..]);
        return new Heartbeat(Number(reply, 0), Number(reply, 1), Number(reply, 2), members, rule);
    }

    private static long Number(ReadOnlySpan<byte> reply, int at) => (long)BinaryPrimitives.ReadDoubleLittleEndian(reply[(at * sizeof(double))..]);
}
