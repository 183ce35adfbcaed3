namespace Weir.Server;

internal static class Banner
{
    public static void Print(WebApplication app, WeirOptions options, PolicySet policies, Stores stores)
    {
        bool anybody = app.Services.GetRequiredService<AccessRule>().AnonymousMayTake;
        var resp = app.Services.GetService<RespDoor>();
        // The management addresses are last in the list.
        var addresses = app.Urls.Where(url => url != resp?.Url).SkipLast(ListenAddresses.Parts(options.Management.Urls).Length).ToList();
        string urls = string.Join(", ", addresses);
        string management = string.Join(", ", app.Urls.Where(url => url != resp?.Url).Skip(addresses.Count));
        string store = StoreOf(options, stores);
        string callers = CallersOf(options, anybody);
        string inForce = PoliciesOf(options, policies);
        string curl = CurlTo(addresses.FirstOrDefault() ?? ListenAddresses.DefaultUrl, anybody);
        app.Services.GetRequiredService<FirstLine>().Tell();
        if (LogFormat.IsJson(app.Configuration))
        {
            ServiceLog.Greets(app.Logger, ProductVersion.Text, urls, store, inForce, callers, curl);
            return;
        }

        Console.WriteLine($"""
            Weir decides on {urls}
              version   {ProductVersion.Text}
              store     {store}
              policies  {inForce}{(management.Length > 0 ? $"{Environment.NewLine}  manage    {management}" : "")}{(resp is null ? "" : $"{Environment.NewLine}  redis clients {resp.Address}")}
              callers   {callers}
              try       {curl}
            """);
    }

    private static string PoliciesOf(WeirOptions options, PolicySet policies) =>
        $"{options.PolicyFile ?? "the policies.yaml that ships"}: {Count(policies.Plans.Count, "plan")}, "
            + $"{Count(policies.Tenants.Count, "tenant")}, {policies.DefaultPlan.Name} for all others";

    private static string CurlTo(string url, bool anybody) =>
        $"curl -s {Reachable(url)}/limit/incr {(anybody ? "" : "-H \"Authorization: Bearer $KEY\" ")}"
            + """-H 'Content-Type: application/json' -d '{"key":"user_123"}'""";

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>Replaces wildcard hosts, which no client can connect to, by localhost.</summary>
    private static string Reachable(string url) => url
        .Replace("//+", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal)
        .Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal).Replace("//[::]", "//localhost", StringComparison.Ordinal);

    private static string CallersOf(WeirOptions options, bool anybody) => !anybody ? "anybody with a key"
        : options.Auth.AllowAnonymous == true ? "anybody who reaches it, by Weir:Auth:AllowAnonymous"
        : "anybody on this machine";

    private static string StoreOf(WeirOptions options, Stores stores)
    {
        if (stores.Failover is not { } failover)
            return $"memory, embedded, for {options.Memory.MaxKeys:N0} keys";
        string hosts = string.Join(", ", Stores.RedisOptionsOf(options.Redis).Hosts);
        return failover.Source == DecisionSource.Redis ? $"Redis at {hosts}"
            : $"Redis at {hosts}, which does not answer yet: memory decides until it does";
    }
}
