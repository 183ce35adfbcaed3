namespace Weir;

/// <summary>One thing wrong with a policy document: where it is, and a sentence that says the cure.</summary>
/// <param name="Source">The document's name, as the caller gave it; for a file, its path.</param>
/// <param name="Line">The line, from 1; 0 when the error is about no line, such as a file that is missing.</param>
/// <param name="Column">The column, from 1; 0 when <paramref name="Line"/> is 0.</param>
/// <param name="Path">
/// The keys that lead there, such as <c>plans.free.limits.per-key.rate</c>; empty when there are none.
/// </param>
/// <param name="Message">The error and its cure.</param>
public sealed record PolicyError(string Source, int Line, int Column, string Path, string Message)
{
    /// <summary>As compilers write it: <c>policies.yaml:12: plans.free: message</c>.</summary>
    public override string ToString()
    {
        string where = Line > 0 ? $"{Source}:{Line}: " : $"{Source}: ";
        return Path.Length > 0 ? $"{where}{Path}: {Message}" : where + Message;
    }
}
