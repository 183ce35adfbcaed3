namespace Weir;

/// <summary>Text of a document: fields are checked, but not yet their references. The second of three stages.</summary>
internal sealed record PolicyText(
    DocumentField? DefaultPlan, IReadOnlyList<PlanText> Plans, IReadOnlyList<TenantText> Tenants)
{
    private const string Outline = "start with defaultPlan: NAME and plans: with that plan in it";

    public static PolicyText? Read(DocumentWalk walk, DocumentNode? root)
    {
        if (root is null or { IsEmpty: true })
        {
            walk.Errors.Add(1, 1, "", $"the document is empty: {Outline}");
            return null;
        }

        var place = DocumentPlace.Root(root);
        var fields = walk.Keyed(root, place, DocumentKeys.OfDocument);
        if (fields.IsPlainlyMissing(DocumentKeys.DefaultPlan))
            walk.Errors.Add(place, "defaultPlan is missing: name the plan of tenants that are not listed");
        return new PolicyText(
            fields[DocumentKeys.DefaultPlan],
            ReadPlans(walk, place, fields),
            ReadTenants(walk, fields[DocumentKeys.Tenants]));
    }

    private static List<PlanText> ReadPlans(DocumentWalk walk, DocumentPlace root, KnownFields fields)
    {
        if (fields.IsPlainlyMissing(DocumentKeys.Plans))
            walk.Errors.Add(root, "plans is missing: write at least the default plan");
        if (fields[DocumentKeys.Plans] is not { } plans)
            return [];
        if (plans.Value is DocumentMapping { Entries.Count: 0 } or { IsEmpty: true })
            walk.Errors.Add(plans.Place, "is empty: write at least the default plan");
        return walk.Named(plans.Value, plans.Place, "a mapping of names to plans")
            .ConvertAll(plan => PlanText.Read(walk, plan));
    }

    private static List<TenantText> ReadTenants(DocumentWalk walk, DocumentField? tenants) =>
        tenants is not { } field
            ? []
            : walk.Named(field.Value, field.Place, "a mapping of tenants, such as acme: { plan: pro }")
                .ConvertAll(tenant => TenantText.Read(walk, tenant));
}
