using System.Text;
using Weir.Server;

namespace Weir.Cli.Import;

/// <summary>A policy document, and notes on the parts of the configuration that it cannot express.</summary>
internal sealed record EnvoyImport(string Document, IReadOnlyList<string> Notes)
{
    private const string DefaultPlan = "unlimited";

    /// <summary>Makes a tenant with a plan of each domain. The default plan is for unknown domains.</summary>
    public static EnvoyImport Of(EnvoyConfig config)
    {
        var notes = new List<string>();
        var plans = new StringBuilder();
        var tenants = new StringBuilder();
        string byDefault = DefaultPlan;
        while (config.Domains.Keys.Any(domain => EnvoyTenant.Of(domain) == byDefault))
            byDefault += "-";
        foreach (var (domain, root) in config.Domains)
        {
            string tenant = EnvoyTenant.Of(domain);
            if (tenant != domain)
                notes.Add($"{domain}: is no name of a tenant, and becomes {tenant}");
            var limits = new ImportedPlan(domain, root).Limits(notes);
            plans.Append($"  {ImportedLimit.Quote(tenant)}:\n    ")
                .Append(limits.Count == 0 ? "unlimited: true\n" : "limits:\n");
            foreach (string limit in limits)
                plans.Append("      ").Append(limit).Append('\n');
            tenants.Append($"  {ImportedLimit.Quote(tenant)}: {{ plan: {ImportedLimit.Quote(tenant)} }}\n");
        }

        string head = $"defaultPlan: {byDefault}\nplans:\n  {byDefault}:\n    unlimited: true\n";
        return new EnvoyImport($"{head}{plans}tenants:\n{tenants}", notes);
    }
}
