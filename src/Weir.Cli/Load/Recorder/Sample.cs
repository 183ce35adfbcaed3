namespace Weir.Cli.Load;

/// <summary>The times of one request, in microseconds of the run.</summary>
internal readonly record struct Sample(long IntendedUs, long SentUs, long DoneUs);
