namespace Weir.Server;

/// <summary>What a newcomer reads first: what the service runs on, and one line to try.</summary>
internal static class Banner
{
    public static void Print(WebApplication app, WeirOptions options, PolicySet policies, Stores stores)
    {
        foreach (string setting in Settings.Unknown(app.Configuration))
            Console.Error.WriteLine($"warning: the setting {setting} means nothing to this version");
        if (stores.Failover is not null && options.Memory.SnapshotPath is not null)
            Console.Error.WriteLine("warning: Weir:Memory:SnapshotPath is not used, since the buckets are in Redis");
        bool anybody = app.Services.GetRequiredService<AccessRule>().AnonymousMayTake;
        string url = Reachable(app.Urls.FirstOrDefault() ?? Service.DefaultUrl);
        Console.WriteLine($$"""
            Weir decides on {{string.Join(", ", app.Urls)}}
              store     {{StoreOf(options, stores)}}
              policies  {{options.PolicyFile ?? "the policies.yaml that ships"}}: {{policies.Plans.Count}} plans, {{policies.Tenants.Count}} tenants, {{policies.DefaultPlan.Name}} for all others
              callers   {{CallersOf(options, anybody)}}
              try       curl -s {{url}}/limit/incr {{(anybody ? "" : "-H \"Authorization: Bearer $KEY\" ")}}-H 'Content-Type: application/json' -d '{"key":"user_123"}'
            """);
    }

    /// <summary>An address to try by hand: "any address of this machine" is none that a client can call.</summary>
    private static string Reachable(string url) => url
        .Replace("//+", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal)
        .Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal).Replace("//[::]", "//localhost", StringComparison.Ordinal);

    private static string CallersOf(WeirOptions options, bool anybody) => !anybody ? "whoever has a key"
        : options.Auth.AllowAnonymous == true ? "anybody who reaches it, by Weir:Auth:AllowAnonymous"
        : "anybody on this machine";

    private static string StoreOf(WeirOptions options, Stores stores)
    {
        if (stores.Failover is not { } failover)
            return $"memory, embedded, for {options.Memory.MaxKeys:N0} keys";
        string hosts = string.Join(", ", options.Redis.Endpoints!.Split(',').Where(part => !part.Contains('=')));
        return failover.State == BreakerState.Closed ? $"Redis at {hosts}" : $"Redis at {hosts}, which does not answer yet: deciding from memory until it does";
    }
}
