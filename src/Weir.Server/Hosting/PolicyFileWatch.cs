using System.IO.Hashing;

namespace Weir.Server;

/// <summary>
/// Reads the policy file again when its content has changed: looked at once a second, since that also sees a link that was swapped (as Kubernetes swaps
/// mounts), a file on a network, and a change that no message tells of. A bad file changes nothing, and is told of once.
/// </summary>
internal sealed partial class PolicyFileWatch(string path, LivePolicies policies, PolicyMetrics metrics, TimeProvider time, ILogger<PolicyFileWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private UInt128 _seen = HashOf(path) ?? 0;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    private void Look()
    {
        // A file that is not there at the moment is being replaced.
        if (HashOf(path) is not { } hash || hash == _seen)
            return;
        _seen = hash;
        try
        {
            var errors = policies.UseFile(PolicyDocument.Load(path));
            if (errors.Count > 0)
                throw new PolicyException(errors);
            metrics.Reloaded(good: true);
            Reloaded(path);
        }
        catch (PolicyException wrong)
        {
            metrics.Reloaded(good: false);
            Refused(path, wrong.Message);
        }
    }

    private static UInt128? HashOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > PolicyDocument.MaxBytes)
                return UInt128.MaxValue;
            var hash = new XxHash128();
            hash.Append(file);
            return hash.GetCurrentHashAsUInt128();
        }
        catch (Exception away) when (away is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(30, LogLevel.Information, "The policies in {Path} have changed and hold now")]
    private partial void Reloaded(string path);

    [LoggerMessage(31, LogLevel.Error, "The policies in {Path} have changed and are refused; those from before hold on:\n{Errors}")]
    private partial void Refused(string path, string errors);
}
