namespace Weir;

/// <summary>A tenant as the document spells it, each field checked.</summary>
/// <param name="Name">The tenant.</param>
/// <param name="Plan">The name of its plan; null when it is left out, so that the default plan holds.</param>
/// <param name="Limits">What it has otherwise than the plan.</param>
/// <param name="Unlimited">True when nothing of the plan limits it.</param>
internal sealed record TenantText(string Name, DocumentField? Plan, IReadOnlyList<LimitText> Limits, bool Unlimited)
{
    public static TenantText Read(DocumentWalk walk, in DocumentField tenant)
    {
        var fields = walk.Keyed(tenant.Value, tenant.Place, DocumentKeys.OfTenant);
        return new TenantText(
            tenant.Name, fields[DocumentKeys.Plan], PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields));
    }
}
