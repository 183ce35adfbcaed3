using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Testing;

namespace Weir.Redis.Tests.Vectors;

/// <summary>An example of the arithmetic that all stores share: buckets, a command, and its result.</summary>
public sealed record Vector
{
    private static readonly string[] Files =
        ["buckets", "quotas", "windows", "charges", "leases", "permits", "several", "damage", "records"];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly Dictionary<string, Vector> ByName =
        Files.SelectMany(Read).ToDictionary(pair => pair.Name, pair => pair.Vector);

    public required string Name { get; init; }

    /// <summary>The store's clock.</summary>
    public required long NowUs { get; init; }

    /// <summary>The store's clock as the instance takes it to be; 0 for <see cref="NowUs"/>.</summary>
    public long ClockUs { get; init; }

    public required string Command { get; init; }

    public required long Cost { get; init; }

    public long HorizonUs { get; init; }

    public int Holder { get; init; }

    public required VectorLimit[] Limits { get; init; }

    public VectorRecord? Record { get; init; }

    /// <summary>What the command comes to: answered, remembered, stale, conflict, gone or damaged.</summary>
    public required string Code { get; init; }

    /// <summary>The names of the vectors for which something holds.</summary>
    public static TheoryData<string> Where(Func<Vector, bool> holds) =>
        [.. ByName.Where(pair => holds(pair.Value)).Select(pair => pair.Key)];

    public static Vector Of(string name) => ByName[name];

    internal BucketOperation Operation => Enum.Parse<BucketOperation>(Command, ignoreCase: true);

    /// <summary>The command in the types that ship.</summary>
    internal BucketCommand ToCommand()
    {
        var plan = new Plan("vector", [.. Limits.Select((limit, index) => limit.ToLimit(index))], OnOutage.Local);
        var limits = plan.Resolve(new RequestFacts("t", "k", 1)) with { TenantIsListed = true };
        var holder = plan.HasPermits ? new PermitHolder((UInt128)Holder) : null;
        return new BucketCommand(limits with { Facts = limits.Facts with { Cost = Cost }, Holder = holder }, Operation)
        {
            RecordKey = Record?.ToRecord(),
            OnlyEnds = [.. Limits.Select(limit => limit.OnlyEndUs)],
        };
    }

    private static IEnumerable<(string Name, Vector Vector)> Read(string file) =>
        JsonSerializer.Deserialize<Vector[]>(Repository.Read($"test/Vectors/{file}.json"), Format)!
            .Select(vector => ($"{file}: {vector.Name}", vector));
}

public sealed record VectorLimit
{
    public required string Kind { get; init; }

    public long Tokens { get; init; }

    public long PeriodUs { get; init; }

    public long Capacity { get; init; }

    public long Limit { get; init; }

    public string? Every { get; init; }

    public long TimeoutMs { get; init; }

    public bool Shadow { get; init; }

    public long Cost { get; init; } = 1;

    public long OnlyEndUs { get; init; }

    public VectorLease? Lease { get; init; }

    public VectorState? Before { get; init; }

    public VectorExpectation? Expect { get; init; }

    internal Limit ToLimit(int index) => new($"l{index}", [Weir.Limit.KeyDimension], ToQuota())
    {
        Mode = Shadow ? LimitMode.Shadow : LimitMode.Enforce,
        Cost = Cost,
    };

    internal Quota ToQuota()
    {
        if (Kind == "bucket")
            return TokenQuota.Create(Tokens, TimeSpan.FromMicroseconds(PeriodUs), Capacity);
        if (Kind == "window")
            return Some.WindowOf(Limit, Enum.Parse<WindowUnit>(Every!, ignoreCase: true));
        var timeout = TimeSpan.FromMilliseconds(TimeoutMs);
        Assert.True(ConcurrencyQuota.TryCreate(Limit, timeout, out var permits, out string? error), error);
        return permits;
    }
}

public sealed record VectorLease(long Tokens, long Back, long BackStampUs);

/// <summary>What a key holds: a bucket or a window, holders of permits, or damage.</summary>
public sealed record VectorState
{
    public long Spent { get; init; }

    public long At { get; init; }

    public double Unit { get; init; }

    public double Drain { get; init; }

    /// <summary>Milliseconds until it expires, if it was written.</summary>
    public long? TtlMs { get; init; }

    /// <summary>The quota that it was written with, if that is another one.</summary>
    public VectorLimit? Quota { get; init; }

    /// <summary>When each holder's permit times out.</summary>
    public Dictionary<string, long>? Holders { get; init; }

    /// <summary>Bytes that are no bucket, in hexadecimal.</summary>
    public string? Raw { get; init; }

    /// <summary>True for a key of another type.</summary>
    public bool List { get; init; }

    internal IEnumerable<(UInt128 Id, long UntilUs)> Permits =>
        (Holders ?? []).Select(holder => (UInt128.Parse(holder.Key, CultureInfo.InvariantCulture), holder.Value));
}

/// <summary>The reply about one limit, and what its key holds then.</summary>
public sealed record VectorExpectation
{
    public string? Outcome { get; init; }

    public long Spent { get; init; }

    public long At { get; init; }

    public long Leased { get; init; }

    public VectorState? After { get; init; }

    internal BucketOutcome ToOutcome() => Enum.Parse<BucketOutcome>(Outcome!, ignoreCase: true);
}

/// <summary>The idempotency record of a command.</summary>
public sealed record VectorRecord
{
    public bool Settles { get; init; }

    public ulong Fingerprint { get; init; }

    public long KeepMs { get; init; }

    public long OpenMs { get; init; }

    public string Text { get; init; } = "";

    public VectorKept? Before { get; init; }

    public VectorKept? After { get; init; }

    internal RecordKey ToRecord() => new(1, Fingerprint)
    {
        Settles = Settles,
        Open = TimeSpan.FromMilliseconds(OpenMs),
        Life = TimeSpan.FromMilliseconds(KeepMs),
        Text = System.Text.Encoding.UTF8.GetBytes(Text),
    };
}

/// <summary>A record as Redis keeps it.</summary>
public sealed record VectorKept
{
    public byte State { get; init; }

    public ulong Fingerprint { get; init; }

    public long OpenUntilUs { get; init; }

    /// <summary>Callers that were answered by it later.</summary>
    public long Callers { get; init; }

    public long AtUs { get; init; }

    public JsonElement[][] Lines { get; init; } = [];

    public string Text { get; init; } = "";

    public long? TtlMs { get; init; }

    public string? Raw { get; init; }

    /// <summary>The bytes, as the header of the script says.</summary>
    internal byte[] ToBytes()
    {
        if (Raw is not null)
            return Convert.FromHexString(Raw);
        var bytes = new List<byte> { State };
        bytes.AddRange(new byte[8]);
        bytes.AddRange(BitConverter.GetBytes(Fingerprint).Reverse());
        Add(OpenUntilUs, Lines.Length, Callers, AtUs);
        foreach (var line in Lines)
        {
            var outcome = Enum.Parse<BucketOutcome>(line[0].GetString()!, ignoreCase: true);
            Add((int)outcome, line[1].GetInt64(), line[2].GetInt64());
        }

        return [.. bytes, .. System.Text.Encoding.UTF8.GetBytes(Text)];

        void Add(params ReadOnlySpan<double> numbers)
        {
            foreach (double number in numbers)
                bytes.AddRange(BitConverter.GetBytes(number));
        }
    }
}
