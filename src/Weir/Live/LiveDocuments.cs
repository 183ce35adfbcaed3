namespace Weir;

/// <summary>Policy documents: the file's, the live document that replaces it, and the candidate.</summary>
internal sealed class LiveDocuments(PolicySet file)
{
    private PolicySet? _live;
    private PolicySet? _candidate;

    public PolicySet File { get; set; } = file;

    public PolicySet? Candidate => _candidate;

    public PolicySet InForce => _live ?? File;

    public bool HasLive => _live is not null;

    // Applies changed documents, unless invalid. Returns whether the deciding document and the candidate changed.
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
