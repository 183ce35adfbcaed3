namespace Weir.Testing;

/// <summary>
/// Ends a test as skipped, with the reason. The runner knows such an exception by the first characters of its message, so this library
/// needs no reference to the runner.
/// </summary>
public sealed class SkippedException(string reason) : Exception("$XunitDynamicSkip$" + reason)
{
    /// <summary>Why the test is skipped.</summary>
    public string Reason => reason;
}
