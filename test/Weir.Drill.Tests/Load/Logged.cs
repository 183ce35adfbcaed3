namespace Weir.Drill.Tests.Load;

/// <summary>A request as its caller saw it.</summary>
/// <param name="Instance">Whom it was sent to.</param>
/// <param name="Demand">What it was about.</param>
/// <param name="Cost">Tokens wanted.</param>
/// <param name="SentUs">When it was sent.</param>
/// <param name="AnsweredUs">When its answer had been read, or when there was none.</param>
/// <param name="Answer">What it was told.</param>
internal readonly record struct Logged(int Instance, Demand Demand, long Cost, long SentUs, long AnsweredUs, TakeAnswer Answer)
{
    public long TookUs => AnsweredUs - SentUs;

    /// <summary>Whether a part of it lies in a span of time.</summary>
    public bool Touches(long fromUs, long toUs) => SentUs <= toUs && AnsweredUs >= fromUs;

    /// <summary>Whether all of it does.</summary>
    public bool LiesIn(long fromUs, long toUs) => SentUs >= fromUs && AnsweredUs <= toUs;
}
