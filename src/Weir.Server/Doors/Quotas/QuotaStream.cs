using Grpc.Core;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>One client's stream: its quota buckets, and the assignments that are not written yet.</summary>
/// <remarks>A newer assignment of a bucket replaces one that the client has not read, so the bound is one each.</remarks>
internal sealed class QuotaStream(QuotaBuckets buckets, ApiKeys keys, ApiKey? caller, TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, StreamedBucket> _buckets = new(StringComparer.Ordinal);
    private readonly HashSet<StreamedBucket> _changed = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private string? _domain;

    /// <summary>Takes note of a message's usage reports. The first report of a bucket subscribes to it.</summary>
    /// <exception cref="RpcException">The message is invalid; its status names the field and the cure.</exception>
    public void Report(RateLimitQuotaUsageReports message)
    {
        if (caller is not null && keys.Renewed(caller) is null)
            throw GrpcFault.KeyGone();
        string domain = DomainOf(message.Domain);
        for (int i = 0; i < message.BucketQuotaUsages.Count; i++)
        {
            var usage = message.BucketQuotaUsages[i];
            var facts = BucketIds.Read(domain, usage.BucketId, $"bucket_quota_usages[{i}].bucket_id", out string id);
            double requests = (double)usage.NumRequestsAllowed + usage.NumRequestsDenied;
            BucketFor(facts, id, usage.BucketId).Subscription.Report(requests, BucketIds.TimeOf(usage.TimeElapsed));
        }
    }

    /// <summary>Waits for assignments. The response is empty if all of them are too old to be sent.</summary>
    public async ValueTask<RateLimitQuotaResponse> NextAsync(CancellationToken cancellation)
    {
        await _wake.WaitAsync(cancellation);
        var response = new RateLimitQuotaResponse();
        lock (_lock)
        {
            foreach (var bucket in _changed)
            {
                if (bucket.NextAction(time) is { } action)
                    response.BucketAction.Add(action);
            }

            _changed.Clear();
        }

        return response;
    }

    public void Dispose()
    {
        StreamedBucket[] all;
        lock (_lock)
            all = [.. _buckets.Values];
        foreach (var bucket in all)
            bucket.Subscription.End();
    }

    internal void Changed(StreamedBucket bucket, bool isAbandoned)
    {
        lock (_lock)
        {
            _changed.Add(bucket);
            if (isAbandoned)
                _buckets.Remove(bucket.Id);
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
    }

    private string DomainOf(string stated)
    {
        if (stated.Length == 0 && _domain is null)
            throw GrpcFault.Invalid("domain", "it is empty; send the tenant in the first message");
        if (stated.Length == 0 || stated == _domain)
            return _domain!;
        if (_domain is not null)
            throw GrpcFault.Invalid("domain", "it differs from the first message's; open a stream for each domain");
        if (!Bounds.IsTenant(stated))
            throw GrpcFault.Invalid("domain", $"it is no tenant; use {Bounds.NameRule}");
        if (caller?.Tenant is { } own && own != stated)
            throw GrpcFault.OtherTenant();
        return _domain = stated;
    }

    private StreamedBucket BucketFor(in RequestFacts facts, string id, BucketId bucketId)
    {
        lock (_lock)
        {
            if (_buckets.TryGetValue(id, out var known))
                return known;
            if (_buckets.Count == QuotaBuckets.MaxPerStream)
                throw GrpcFault.Exhausted($"a stream has {QuotaBuckets.MaxPerStream} buckets at most; open another one");
            var bucket = new StreamedBucket(this, id, bucketId.Clone());
            bucket.Subscription = buckets.Subscribe(facts, id, bucket);
            return _buckets[id] = bucket;
        }
    }
}
