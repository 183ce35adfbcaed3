namespace Weir.Tests.Readme;

/// <summary>README's ten lines, as a program that runs.</summary>
public sealed class LibraryInTenLinesTests
{
    private static readonly string[] Expected =
        [.. Enumerable.Range(0, 10).Select(i => $"{9 - i} left"), "again in 0.2 s", "again in 0.2 s"];

    [Fact]
    public async Task The_ten_lines_of_the_README_allow_ten_requests_and_refuse_the_eleventh()
    {
        var console = new List<string>();
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await RunAsync(time, console.Add);
        Assert.Equal(Expected, console);
    }

    [Fact]
    public void The_README_shows_the_lines_that_this_test_runs()
    {
        string readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        string shown = readme.Split("```csharp\n")[1].Split("```")[0];
        string run = File.ReadAllText(Path.Combine(Root, "test/Weir.Tests/Readme/LibraryInTenLinesTests.cs"));
        foreach (string line in shown.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("using", StringComparison.Ordinal)))
            Assert.Contains(line.Trim().Replace("TimeProvider.System", "time").Replace("Console.WriteLine", "print"), run, StringComparison.Ordinal);
    }

    private static string Root
    {
        get
        {
            string folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "README.md")))
                folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    private static async Task RunAsync(TimeProvider time, Action<string> print)
    {
        var policies = PolicyDocument.Parse("""
            defaultPlan: free
            plans: { free: { limits: { per-key: { rate: 5/s, burst: 10 } } } }
            """, "limits");
        var store = new MemoryStore(new MemoryStoreOptions { MaxKeys = 100_000 }, time);
        var limiter = new RateLimiter(policies, store, time);
        for (int i = 0; i < 12; i++)
        {
            var decision = await limiter.TakeAsync(new RequestFacts("acme", "user_123"));
            print(decision.Allowed ? $"{decision.Remaining} left" : $"again in {decision.RetryAfter?.TotalSeconds:0.0} s");
        }
    }
}
