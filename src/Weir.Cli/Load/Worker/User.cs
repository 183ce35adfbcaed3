namespace Weir.Cli.Load;

/// <summary>One user: takes the next request as its pacing says, picks a key, sends, records, and again.</summary>
internal sealed class User(int number, IPacing pacing, Connection connection, RequestTemplate template, Recorder recorder, RunClock clock)
{
    /// <summary>So that a server that is down is asked again, but not as fast as a connection can be refused.</summary>
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
            // The run was ended from outside; the recorded results stand.
        }
    }
}
