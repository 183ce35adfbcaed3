using System.Text;
using Google.Protobuf.WellKnownTypes;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Reads the identifiers of quota buckets.</summary>
internal static class BucketIds
{
    /// <summary>Returns the facts of a bucket. The entry <c>key</c> becomes the key, and the others become attributes.
    /// Without <c>key</c>, the key consists of all entries.</summary>
    /// <param name="domain">The tenant.</param>
    /// <param name="bucket">The identifier; null if it is missing.</param>
    /// <param name="field">Name of the field, for errors.</param>
    /// <param name="id">The entries, sorted by name: equal for equal buckets.</param>
    /// <exception cref="Grpc.Core.RpcException">The identifier is invalid.</exception>
    public static RequestFacts Read(string domain, BucketId? bucket, string field, out string id)
    {
        if (bucket is null || bucket.Bucket.Count == 0)
            throw GrpcFault.Invalid(field, "it is empty; send at least one entry");
        if (bucket.Bucket.Count > Bounds.MaxAttributes + 1)
            throw GrpcFault.Invalid(
                field, $"it has {bucket.Bucket.Count} entries; send {Bounds.MaxAttributes} at most, besides key");
        var sorted = bucket.Bucket.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        id = string.Join('\0', sorted.Select(entry => $"{entry.Key}\0{entry.Value}"));
        var attributes = sorted.Where(entry => entry.Key != Limit.KeyDimension)
            .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        string joined = string.Join('|', sorted.Select(entry => $"{entry.Key}={entry.Value}"));
        bool hasKey = bucket.Bucket.TryGetValue(Limit.KeyDimension, out string? key);
        var facts = new RequestFacts(domain, hasKey ? key! : joined, 1, attributes.Count > 0 ? attributes : null);
        if (!hasKey && Encoding.UTF8.GetByteCount(joined) > Bounds.MaxKeyBytes)
            throw GrpcFault.Invalid(
                field, $"its entries, joined as k=v|k=v, are longer than {Bounds.MaxKeyBytes} bytes; send an entry key");
        return Bounds.Complaint(facts, leastCost: 1) is { } complaint
            ? throw GrpcFault.Invalid(field, complaint.Message)
            : facts;
    }

    /// <summary>Returns a duration; zero if it is missing, negative or longer than a day.</summary>
    public static TimeSpan TimeOf(Duration? duration) =>
        duration is { Seconds: >= 0 and < 86_400, Nanos: >= 0 and < 1_000_000_000 } ? duration.ToTimeSpan() : TimeSpan.Zero;
}
