namespace Weir;

/// <summary>An error in a policy document, with its cure.</summary>
/// <param name="Source">Name of the document; for a file, its path.</param>
/// <param name="Line">Line from 1; 0 for none.</param>
/// <param name="Column">Column from 1; 0 for none.</param>
/// <param name="Path">Keys to the place, such as <c>plans.free.limits.per-key.rate</c>; empty for none.</param>
/// <param name="Message">The error and its cure.</param>
public sealed record PolicyError(string Source, int Line, int Column, string Path, string Message)
{
    /// <summary>Returns the format of compilers: <c>policies.yaml:12: plans.free: message</c>.</summary>
    public override string ToString()
    {
        string where = Line > 0 ? $"{Source}:{Line}: " : $"{Source}: ";
        return Path.Length > 0 ? $"{where}{Path}: {Message}" : where + Message;
    }
}
