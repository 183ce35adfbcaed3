namespace Weir.Cli;

internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A request failed, or the run could not be made.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Ctrl-C, by the shells' custom.</summary>
    public const int Interrupted = 130;
}
