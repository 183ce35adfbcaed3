namespace Weir.Cli.Load;

internal sealed class User(int number, IPacing pacing, Connection connection, RequestTemplate template, Recorder recorder, RunClock clock)
{
    /// <summary>Pause after a failed connection, so that users do not flood a server that is down.</summary>
    private static readonly TimeSpan PauseAfterDisconnect = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(int seed, CancellationToken cancellation)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        byte[] request = template.Copy();
        try
        {
            while (await pacing.NextAsync(cancellation).ConfigureAwait(false) is var intended && intended != IPacing.Ended)
            {
                template.SetKey(request, random.NextInt64(template.Keys));
                long sent = clock.NowUs;
                var answer = await connection.ExchangeAsync(request).ConfigureAwait(false);
                recorder.Record(number, new Sample(intended, sent, clock.NowUs), answer);
                if (answer.Kind == AnswerKind.Disconnected)
                    await Task.Delay(PauseAfterDisconnect, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The run was canceled. The results recorded so far are kept.
        }
    }
}
