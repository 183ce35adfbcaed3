namespace Weir.Cli.Load;

internal sealed record ProgressPoint(long AtUs, Tally Tally, double RatePerSecond, double RedisShare)
{
    public static ProgressPoint First(long atUs) => new(atUs, new Tally(), 0, 0);

    public ProgressPoint Next(long atUs, Tally tally)
    {
        long answered = tally.Answered - Tally.Answered;
        double seconds = Math.Max(1, atUs - Math.Max(0, AtUs)) / 1e6;
        return new ProgressPoint(atUs, tally, answered / seconds, answered == 0 ? 0 : (double)(tally.Redis - Tally.Redis) / answered);
    }

    public string Clock => AtUs < 0 ? "warm-up" : FormattableString.Invariant($"{AtUs / 1e6:0.0}s");
}
