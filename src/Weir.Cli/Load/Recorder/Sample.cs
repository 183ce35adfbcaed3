namespace Weir.Cli.Load;

/// <summary>Times of one request, in microseconds of the <see cref="RunClock"/>.</summary>
internal readonly record struct Sample(long IntendedUs, long SentUs, long DoneUs);
