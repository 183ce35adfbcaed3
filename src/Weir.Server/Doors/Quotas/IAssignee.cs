namespace Weir.Server;

/// <summary>A client's stream, as far as one of its quota buckets is concerned.</summary>
internal interface IAssignee
{
    /// <summary>Sends an assignment, which replaces the one before. Returns at once.</summary>
    void Assign(in Assignment assignment);

    /// <summary>Tells the client that it gets no more assignments.</summary>
    void Abandon();
}
