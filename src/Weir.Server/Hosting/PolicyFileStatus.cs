namespace Weir.Server;

/// <summary>Whether the policy file on disk decides, and if not, why. Safe for concurrent use.</summary>
/// <param name="policies">The policies that decide.</param>
internal sealed class PolicyFileStatus(LivePolicies policies)
{
    private volatile string? _fault;

    /// <summary>Why the file on disk is not the one that was read last; null if it is.</summary>
    public string? Fault
    {
        set => _fault = value;
    }

    /// <summary>Why the file on disk does not decide; null if it does.</summary>
    public string? WhyNot => policies.HasLiveDocument
        ? "a live document decides: DELETE /admin/policies goes back to the file"
        : _fault;
}
