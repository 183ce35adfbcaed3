namespace Weir.Cli;

internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A request failed, or the load could not be run.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Interrupted by Ctrl-C: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;
}
