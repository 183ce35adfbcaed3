namespace Weir.Server.Tests.Harness;

/// <summary>A policy document in a temporary folder of its own.</summary>
internal sealed class PolicyFile : IDisposable
{
    /// <summary>The shipped plans, a plan too slow for a test to see it refill, a plan whose only limit seldom applies, and plans for each word on outages.</summary>
    public const string Common =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { by: [key], rate: 5/s, burst: 2x } } }
          pro: { limits: { per-key: { by: [key], rate: 50/s, burst: 2x } } }
          slow: { limits: { per-key: { by: [key], rate: 10/h, burst: 1x } } }
          odd: { limits: { per-key: { by: [key], rate: 3/2s, burst: 10 } } }
          open: { onOutage: allow, limits: { per-key: { by: [key], rate: 10/h, burst: 1x } } }
          shut: { onOutage: deny, limits: { per-key: { by: [key], rate: 10/h, burst: 1x } } }
          rare: { limits: { big: { by: [key], when: { size: [big] }, rate: 10/h, burst: 1x } } }
          busy: { limits: { per-key: { rate: 100/s }, running: { concurrency: { limit: 2, lease: 60s } } } }
        tenants:
          busy: { plan: busy }
          acme: { plan: pro }
          slow: { plan: slow }
          sloth: { plan: slow }
          odd: { plan: odd }
          open: { plan: open }
          shut: { plan: shut }
          rare: { plan: rare }

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weir-test-");

    public PolicyFile(string text = Common)
    {
        File.WriteAllText(Path, text);
    }

    public string Path => System.IO.Path.Combine(_folder.FullName, "policies.yaml");

    /// <summary>The setting that makes a server read this file.</summary>
    public string Setting => $"Weir:PolicyFile={Path}";

    /// <summary>Where live data may be kept beside it, and the setting that says so.</summary>
    public string LivePath => System.IO.Path.Combine(_folder.FullName, "live.json");

    public string LiveSetting => $"Weir:Live:Path={LivePath}";

    /// <summary>Another document in one step, so that nobody reads half of it.</summary>
    public void Replace(string text)
    {
        File.WriteAllText(Path + ".new", text);
        File.Move(Path + ".new", Path, overwrite: true);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
