using System.Text;
using Weir.Server.Envoy;

namespace Weir.Server;

/// <summary>Makes facts of the descriptors of a request. Every error names the field and the cure.</summary>
internal sealed class DescriptorReader(OverridePlans overrides)
{
    private const string EntryOfKey = Limit.KeyDimension;

    public JointPart[] Read(RateLimitRequest request, ApiKey? caller)
    {
        if (request.Domain.Length == 0)
            throw GrpcFault.Invalid("domain", "it is empty; send the tenant");
        if (!Bounds.IsTenant(request.Domain))
            throw GrpcFault.Invalid("domain", $"it is no tenant; use {Bounds.NameRule}");
        if (caller?.Tenant is { } own && own != request.Domain)
            throw GrpcFault.OtherTenant();
        if (request.Descriptors.Count == 0)
            throw GrpcFault.Invalid("descriptors", "it is empty; send at least one descriptor");
        if (request.Descriptors.Count > GrpcBounds.MaxDescriptors)
            throw GrpcFault.Invalid(
                "descriptors", $"it has {request.Descriptors.Count}; send {GrpcBounds.MaxDescriptors} at most");
        var parts = new JointPart[request.Descriptors.Count];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = Read(request, i);
        return parts;
    }

    private JointPart Read(RateLimitRequest request, int index)
    {
        var descriptor = request.Descriptors[index];
        if (descriptor.Entries.Count == 0)
            throw GrpcFault.Invalid($"descriptors[{index}].entries", "it is empty; send at least one entry");
        if (descriptor.Entries.Count > Bounds.MaxAttributes + 1)
            throw GrpcFault.Invalid(
                $"descriptors[{index}].entries",
                $"it has {descriptor.Entries.Count}; send {Bounds.MaxAttributes} at most, besides {EntryOfKey}");
        ulong hits = HitsOf(request, descriptor, index);
        var attributes = AttributesOf(descriptor, index, out string? key);
        // A check asks whether one hit would be allowed.
        var facts = new RequestFacts(
            request.Domain, key ?? Joined(descriptor), hits == 0 ? 1 : (long)hits, attributes);
        if (Bounds.Complaint(facts, leastCost: 1) is { } complaint)
            throw GrpcFault.Invalid($"descriptors[{index}].entries", MessageOf(complaint, isJoined: key is null));
        if (descriptor.Limit is null)
            return new JointPart(facts, hits != 0);
        var plan = overrides.Of(request.Domain, descriptor.Limit, $"descriptors[{index}].limit");
        return new JointPart(facts with { Key = KeyOfAll(descriptor, index) }, hits != 0, plan);
    }

    private static ulong HitsOf(RateLimitRequest request, RateLimitDescriptor descriptor, int index)
    {
        ulong hits = descriptor.HitsAddend ?? Math.Max(1, request.HitsAddend);
        if (hits <= Bounds.MaxCost)
            return hits;
        string field = descriptor.HitsAddend is null ? "hits_addend" : $"descriptors[{index}].hits_addend";
        throw GrpcFault.Invalid(field, $"it is {hits}; send {Bounds.MaxCost} at most");
    }

    private static Dictionary<string, string>? AttributesOf(
        RateLimitDescriptor descriptor, int index, out string? key)
    {
        key = null;
        Dictionary<string, string>? attributes = null;
        foreach (var entry in descriptor.Entries)
        {
            bool isFirst = true;
            if (entry.Key != EntryOfKey)
                isFirst = (attributes ??= new(descriptor.Entries.Count, StringComparer.Ordinal)).TryAdd(entry.Key, entry.Value);
            else if (key is null)
                key = entry.Value;
            else
                isFirst = false;
            if (!isFirst)
                throw GrpcFault.Invalid(
                    $"descriptors[{index}].entries",
                    $"{ShownValue.Of(entry.Key)} comes twice; give each entry its own key (Envoy: descriptor_key)");
        }

        return attributes;
    }

    /// <summary>Joins all entries as <c>k=v|k=v</c>.</summary>
    private static string Joined(RateLimitDescriptor descriptor)
    {
        if (descriptor.Entries is [var only])
            return $"{only.Key}={only.Value}";
        var joined = new StringBuilder();
        foreach (var entry in descriptor.Entries)
            joined.Append(joined.Length == 0 ? "" : "|").Append(entry.Key).Append('=').Append(entry.Value);
        return joined.ToString();
    }

    /// <summary>Returns all entries as the key, so that a descriptor with its own limit has its own bucket.</summary>
    private static string KeyOfAll(RateLimitDescriptor descriptor, int index)
    {
        string all = Joined(descriptor);
        return Encoding.UTF8.GetByteCount(all) <= Bounds.MaxKeyBytes
            ? all
            : throw GrpcFault.Invalid($"descriptors[{index}].entries", TooLong);
    }

    private static string MessageOf(Complaint complaint, bool isJoined) =>
        isJoined && complaint.Field == EntryOfKey ? TooLong : complaint.Message;

    private static readonly string TooLong =
        $"joined as k=v|k=v, they are longer than {Bounds.MaxKeyBytes} bytes of UTF-8; send shorter values, or an entry "
            + $"{EntryOfKey} without a limit of its own";
}
