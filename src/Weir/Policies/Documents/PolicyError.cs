namespace Weir;

/// <summary>An error in a policy document, with its cure.</summary>
/// <param name="Source">Name of the document; for a file, its path.</param>
/// <param name="Line">Line from 1; 0 if the error has no place.</param>
/// <param name="Column">Column from 1; 0 if the error has no place.</param>
/// <param name="Path">Keys to the error, such as <c>plans.free.limits.per-key.rate</c>; empty if it has none.</param>
/// <param name="Message">The error and its cure.</param>
public sealed record PolicyError(string Source, int Line, int Column, string Path, string Message)
{
    /// <summary>Returns the error in the format of compilers: <c>policies.yaml:12: plans.free: message</c>.</summary>
    public override string ToString()
    {
        string where = Line > 0 ? $"{Source}:{Line}: " : $"{Source}: ";
        return Path.Length > 0 ? $"{where}{Path}: {Message}" : where + Message;
    }
}
