namespace Weir;

/// <summary>The policy documents: that of the file, the live one in its place, and the candidate beside them.</summary>
internal sealed class LiveDocuments(PolicySet file)
{
    private PolicySet? _live;
    private PolicySet? _candidate;

    /// <summary>The document of the file.</summary>
    public PolicySet File { get; set; } = file;

    /// <summary>The document that is tried beside the one that decides; null when there is none.</summary>
    public PolicySet? Candidate => _candidate;

    /// <summary>The document that decides.</summary>
    public PolicySet InForce => _live ?? File;

    /// <summary>True if a live document decides.</summary>
    public bool HasLive => _live is not null;

    /// <summary>
    /// Takes over the live document and the candidate. One that cannot be read leaves the one before.
    /// </summary>
    /// <param name="read">What has changed.</param>
    /// <param name="errors">What cannot be read is added to them.</param>
    /// <returns>Whether another document decides, and whether another one is tried.</returns>
    public (bool Decides, bool IsTried) Take(LiveRead read, List<PolicyError> errors) =>
        (Take(read, LiveKind.Policies, ref _live, errors), Take(read, LiveKind.Candidate, ref _candidate, errors));

    private static bool Take(LiveRead read, string kind, ref PolicySet? document, List<PolicyError> errors)
    {
        var entry = read.Entries.FirstOrDefault(entry => entry.Kind == kind);
        if (entry?.Value is null)
        {
            bool isGone = document is not null && (entry is not null || read.IsWhole);
            document = isGone ? null : document;
            return isGone;
        }

        if (!PolicyDocument.TryParse(entry.Value, kind, out var next, out var wrong))
        {
            errors.AddRange(wrong);
            return false;
        }

        document = next;
        return true;
    }
}
