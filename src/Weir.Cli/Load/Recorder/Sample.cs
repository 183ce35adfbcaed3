namespace Weir.Cli.Load;

/// <summary>One request's times in microseconds of the run.</summary>
/// <param name="IntendedUs">When the schedule wanted it sent.</param>
/// <param name="SentUs">When it was sent.</param>
/// <param name="DoneUs">When its answer was whole, or it had failed.</param>
internal readonly record struct Sample(long IntendedUs, long SentUs, long DoneUs);
