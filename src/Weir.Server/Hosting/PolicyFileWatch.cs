using System.IO.Hashing;
using System.Text;

namespace Weir.Server;

/// <summary>
/// Reads the policy file again when its content has changed: looked at once a second, since that also sees a link that
/// was swapped (as Kubernetes swaps mounts), a file on a network, and a change that no message tells of. A bad file
/// changes nothing, and is told of once.
/// </summary>
internal sealed partial class PolicyFileWatch(
    string path, LivePolicies policies, PolicyFileStatus status, PolicyMetrics metrics, TimeProvider time, ILogger<PolicyFileWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Of the text that is in force, and not of the file, which may have changed since that was read.
    /// </summary>
    private UInt128 _seen = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(policies.FileText));

    /// <summary>The number of looks in a row that found no file.</summary>
    private int _missed;

    /// <summary>Why the file is not used; null if it is.</summary>
    private string? _refusal;

    /// <summary>A file that is good alone, and the policies that had tenants that it does not fit.</summary>
    private (PolicySet File, string Text, PolicySet Under)? _waiting;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Look();
    }

    /// <summary>Looks once.</summary>
    internal void Look()
    {
        var hash = HashOf(path);
        _missed = hash is null ? _missed + 1 : 0;
        if (hash is { } other && other != _seen)
            Read(other);
        else if (hash is not null && _waiting is { } waiting && waiting.Under != policies.Current)
            Use(waiting.File, waiting.Text, isFirst: false);
        // A file that one look does not find is being replaced.
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

    /// <summary>
    /// Refused only because of live tenants, it is tried again when these, or the document, have changed.
    /// </summary>
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
        // This text is public: it says where the error is, and the log says what it is.
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
