using System.Globalization;

namespace Weir.Server;

/// <summary>
/// Changes of live data as the admin paths make them: each is judged by what stands when it is made, be it put, deleted
/// or put again (law L12).
/// </summary>
internal sealed class LiveChanges(LiveData live, LivePolicies policies)
{
    /// <summary>What would be wrong with an entry if it had a text; null for none.</summary>
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

    /// <summary>
    /// Changes the document, or the candidate, if it is of the version that the request wants it to be, and answers.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="kind">The kind of entry.</param>
    /// <param name="text">The text; null deletes it.</param>
    /// <param name="absent">What to answer when there is nothing to be deleted.</param>
    public async Task WriteDocumentAsync(HttpContext http, string kind, string? text, string absent)
    {
        if (!TryReadIfMatch(http.Request, out long? expected))
            await BadIfMatch(http);
        else
            await AdminAnswers.Written(http, await EditAsync(http, kind, "", text, expected, () => VersionOf(kind, "")), text is null, absent);
    }

    /// <summary>Changes one entry, if the resource has the expected version.</summary>
    public Task<LiveEdit> EditAsync(HttpContext http, string kind, string id, string? text, long? expected, Func<long> standing)
    {
        return live.EditAsync(kind, id, text, Caller.WhoOf(http), () =>
            IsOther(expected, standing()) || (expected == Any && WouldMake(kind, id, text)) ? LiveEdit.Conflict(standing())
            : text is null && live.Find(kind, id) is null ? LiveEdit.Absent
            : LiveEdit.Of(ErrorsOf(kind, id, text)));
    }

    /// <summary>Whether there are as many blocks as there may be, and this would be another one.</summary>
    public bool IsOneTooMany(Block block) => policies.BlockCount >= Block.MaxBlocks && policies.Current.BlockOf(block.Tenant, block.Key) is null;

    public long VersionOf(string kind, string id) => live.Find(kind, id)?.Version ?? 0;

    /// <summary>Any version, if there is one (RFC 9110, section 13.1.1).</summary>
    public const long Any = -1;

    /// <summary>The header that a change may have.</summary>
    public static readonly HeaderParameter IfMatch = new("If-Match", "The ETag that the change is meant for; any without it.");

    public static Task BadIfMatch(HttpContext http) =>
        Problems.BadRequest(http, new Complaint("If-Match", "If-Match must be the ETag that a GET gave, such as \"7\", or *"));

    /// <summary>
    /// Reads which version is to be changed; null for none in particular, <see cref="Any"/> for any that there is.
    /// </summary>
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

    /// <summary>True if a version is not the one to be changed.</summary>
    public static bool IsOther(long? expected, long version) => expected is not (null or Any) && expected != version;

    /// <summary>True if a change makes what a GET did not find; a tenant and the document are always found.</summary>
    private bool WouldMake(string kind, string id, string? text) =>
        text is not null && kind is LiveKind.KeyLimits or LiveKind.Candidate && live.Find(kind, id) is null;

    private IEnumerable<PolicyError> OneTooMany(string kind, string id, string? text, string what)
    {
        if (text is not null && live.Find(kind, id) is null && live.CountOf(kind) >= LiveBounds.MaxTenants)
            yield return new PolicyError($"{kind} {id}", 0, 0, "", $"{LiveBounds.MaxTenants} {what} already: delete one first, or write it in the document");
    }
}
