using System.IO.Hashing;
using System.Text;

namespace Weir.Server;

/// <summary>
/// Polls the policy file once a second and applies changes. Polling also detects swapped links (Kubernetes) and changes
/// on network drives. An invalid file is refused and logged once.
/// </summary>
internal sealed partial class PolicyFileWatch(
    string path, LivePolicies policies, PolicyFileStatus status, PolicyMetrics metrics, TimeProvider time, ILogger<PolicyFileWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Hash of the text read last; at first of the loaded text, because the file may differ by now.</summary>
    private UInt128 _seen = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(policies.FileText));

    private int _missed;

    private string? _refusal;

    /// <summary>A valid file that conflicts with live overrides, and the policies that were then in force.</summary>
    private (PolicySet File, string Text, PolicySet Under)? _waiting;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    internal void Look()
    {
        var hash = HashOf(path);
        _missed = hash is null ? _missed + 1 : 0;
        if (hash is { } other && other != _seen)
            Read(other);
        else if (hash is not null && _waiting is { } waiting && waiting.Under != policies.Current)
            Use(waiting.File, waiting.Text, isFirst: false);
        // Tolerate one failed read, because the file may be in the middle of a replacement.
        status.Fault = _missed > 1 ? "the file cannot be read: restore it, or correct its rights" : _refusal;
    }

    private void Read(UInt128 hash)
    {
        (_seen, _waiting) = (hash, null);
        try
        {
            Use(PolicyDocument.Load(path, out string text), text, isFirst: true);
        }
        catch (PolicyException wrong)
        {
            Refuse(wrong);
        }
    }

    /// <summary>Puts a file in force. If it conflicts with live overrides, keeps the file for a retry.</summary>
    private void Use(PolicySet file, string text, bool isFirst)
    {
        var under = policies.Current;
        var errors = policies.UseFile(file, text);
        _waiting = errors.Count > 0 ? (file, text, under) : null;
        if (errors.Count > 0 && isFirst)
            Refuse(new PolicyException(errors));
        if (errors.Count > 0)
            return;
        _refusal = null;
        metrics.Reloaded(good: true);
        Reloaded(path);
    }

    private void Refuse(PolicyException wrong)
    {
        // This reason is public, so it contains only the line number. The log contains the error.
        _refusal = $"the file has changed and is refused{(wrong.Errors[0].Line > 0 ? $": line {wrong.Errors[0].Line}" : "")}; the log lists what is wrong";
        metrics.Reloaded(good: false);
        Refused(path, wrong.Message);
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
