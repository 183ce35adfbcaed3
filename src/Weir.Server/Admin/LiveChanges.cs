using System.Globalization;

namespace Weir.Server;

/// <summary>Validates changes against the current live data, and writes them (law L12).</summary>
internal sealed class LiveChanges(LiveData live, LivePolicies policies)
{
    public IReadOnlyList<PolicyError> ErrorsOf(string kind, string id, string? text) => (kind, text) switch
    {
        (LiveKind.Policies, null) => policies.Try(null),
        (LiveKind.Policies or LiveKind.Candidate, not null) => PolicyDocument.TryParse(text, kind, out var document, out var errors) ? policies.Try(document) : errors,
        (LiveKind.Tenant, _) => [.. OneTooMany(kind, id, text, "tenants have live data"), .. policies.TryTenant(id, text)],
        (LiveKind.Boost, _) => [.. OneTooMany(kind, id, text, "tenants are boosted"), .. policies.TryBoost(id, text)],
        (LiveKind.KeyLimits, _) => [.. OneTooMany(kind, id, text, "keys have numbers of their own"), .. policies.TryKey(id, text)],
        (LiveKind.Block, not null) when Block.FromJson(text) is { } block && IsOneTooMany(block) => [new PolicyError($"block {id}", 0, 0, "", $"there are {Block.MaxBlocks} blocks already: delete one first")],
        _ => [],
    };

    public async Task WriteDocumentAsync(HttpContext http, string kind, string? text, string absent)
    {
        if (!TryReadIfMatch(http.Request, out long? expected))
            await BadIfMatch(http);
        else
            await AdminAnswers.Written(http, await EditAsync(http, kind, "", text, expected, () => VersionOf(kind, "")), text is null, absent);
    }

    public Task<LiveEdit> EditAsync(HttpContext http, string kind, string id, string? text, long? expected, Func<long> standing)
    {
        return live.EditAsync(kind, id, text, Caller.WhoOf(http), () =>
            IsOther(expected, standing()) || (expected == Any && WouldMake(kind, id, text)) ? LiveEdit.Conflict(standing())
            : text is null && live.Find(kind, id) is null ? LiveEdit.Absent
            : LiveEdit.Of(ErrorsOf(kind, id, text)));
    }

    public bool IsOneTooMany(Block block) => policies.BlockCount >= Block.MaxBlocks && policies.Current.BlockOf(block.Tenant, block.Key) is null;

    public long VersionOf(string kind, string id) => live.Find(kind, id)?.Version ?? 0;

    /// <summary>Expected version for <c>If-Match: *</c>: any existing version (RFC 9110, section 13.1.1).</summary>
    public const long Any = -1;

    public static readonly HeaderParameter IfMatch = new("If-Match", "The ETag that the change is meant for; any without it.");

    public static Task BadIfMatch(HttpContext http) =>
        Problems.BadRequest(http, new Complaint("If-Match", "If-Match must be the ETag that a GET gave, such as \"7\", or *"));

    /// <summary>Reads the version in <c>If-Match</c>: null without a header, <see cref="Any"/> for <c>*</c>.</summary>
    public static bool TryReadIfMatch(HttpRequest request, out long? expected)
    {
        expected = null;
        var header = request.Headers.IfMatch;
        string text = header.ToString();
        if (header.Count == 0)
            return true;
        if (text == "*")
        {
            expected = Any;
            return true;
        }

        bool isTag = long.TryParse(text.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out long version);
        expected = version;
        return isTag;
    }

    public static bool IsOther(long? expected, long version) => expected is not (null or Any) && expected != version;

    /// <summary>True if the change creates an entry. A tenant and the policy document always exist.</summary>
    private bool WouldMake(string kind, string id, string? text) =>
        text is not null && kind is LiveKind.KeyLimits or LiveKind.Candidate && live.Find(kind, id) is null;

    private IEnumerable<PolicyError> OneTooMany(string kind, string id, string? text, string what)
    {
        if (text is not null && live.Find(kind, id) is null && live.CountOf(kind) >= LiveBounds.MaxTenants)
            yield return new PolicyError($"{kind} {id}", 0, 0, "", $"{LiveBounds.MaxTenants} {what} already: delete one first, or write it in the document");
    }
}
