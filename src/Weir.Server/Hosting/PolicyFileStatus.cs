namespace Weir.Server;

/// <summary>Whether the policy file is in force, and the reason if it is not. Safe for concurrent use.</summary>
internal sealed class PolicyFileStatus(LivePolicies policies)
{
    private volatile string? _fault;

    public string? Fault
    {
        set => _fault = value;
    }

    public string? WhyNot => policies.HasLiveDocument
        ? "a live document decides: DELETE /admin/policies goes back to the file"
        : _fault;
}
