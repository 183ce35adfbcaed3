using System.Diagnostics;

namespace Weir.Cli.Load;

/// <summary>Sends one request before the load, so that a wrong address causes one clear error.</summary>
internal static class Preflight
{
    /// <summary>Maximum wait until the server decides from Redis.</summary>
    private static readonly TimeSpan RedisWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    public static async Task AskAsync(Target target, LoadSettings settings, bool awaitRedis, CancellationToken cancellation)
    {
        var clock = new RunClock(TimeProvider.System, TimeSpan.Zero);
        byte[] request = new RequestTemplate(target.Url, settings.Keys, settings.Tenant, settings.Cost, target.Key).Copy();
        using var connection = new Connection(target, RunClock.Us(settings.Timeout), clock);
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Poll, cancellation).ConfigureAwait(false))
        {
            var answer = await AskOnceAsync(connection, request, settings.Timeout, cancellation).ConfigureAwait(false);
            if (!answer.Decided)
                throw new LoadException(Complaint(answer, target, settings));
            if (!awaitRedis || answer.Source == AnswerSource.Redis)
                return;
            if (waited.Elapsed > RedisWait)
                throw new LoadException("The server decides from memory though it was given a Redis that answers. See its log: dotnet run -c Release --project src/Weir.Server");
        }
    }

    private static async Task<Answer> AskOnceAsync(Connection connection, byte[] request, TimeSpan timeout, CancellationToken cancellation)
    {
        using var overdue = new Timer(_ => connection.AbortIfOverdue(long.MaxValue), null, timeout, Timeout.InfiniteTimeSpan);
        return await connection.ExchangeAsync(request).AsTask().WaitAsync(cancellation).ConfigureAwait(false);
    }

    private static string Complaint(Answer answer, Target target, LoadSettings settings) => answer.Kind switch
    {
        AnswerKind.Disconnected => $"--url: nothing answers at {target.Url}: start it with: dotnet run -c Release --project src/Weir.Server",
        AnswerKind.TimedOut => $"--url: {target.Url} did not answer within {DurationSyntax.Write(settings.Timeout)}. Raise --timeout, or see whether the server hangs.",
        AnswerKind.WrongStatus when answer.Status is 401 or 403 => target.Key is null
            ? $"--url: {target.Url} wants a key ({answer.Status}): put one that may take into the variable {Surroundings.KeyVariable}."
            : $"--url: {target.Url} does not take the key in {Surroundings.KeyVariable} ({answer.Status}). Is it revoked, or for another server?",
        AnswerKind.WrongStatus when answer.Status == 404 && target.Key is not null => $"--url, --tenant: {target.Url} has no such path (404), or the key in {Surroundings.KeyVariable} is for another tenant than --tenant names.",
        AnswerKind.WrongStatus when answer.Status == 400 => $"--tenant, --cost: {target.Url} refuses the request as bad (400). Check their values against the server's policies.",
        AnswerKind.WrongStatus => $"--url: {target.Url} answers POST /limit/incr with status {answer.Status}, not with a decision. Is it a Weir server, and is the path right?",
        _ => $"--url: {target.Url} answers POST /limit/incr, but not with a decision ({{\"allowed\":…,\"source\":…}}). Is it a Weir server?",
    };
}
