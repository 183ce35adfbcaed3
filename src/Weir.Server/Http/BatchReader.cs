namespace Weir.Server;

/// <summary>Reads a batch. If one request is invalid, no request is decided.</summary>
internal static class BatchReader
{
    public static Complaint? Read(HttpRequest request, BatchBody body, out RequestFacts[] requests)
    {
        requests = [];
        if (body.Requests is not { Count: > 0 and <= Bounds.MaxBatch } bodies)
            return new Complaint("requests", $"requests must be an array of 1 to {Bounds.MaxBatch} requests; it held {body.Requests?.Count ?? 0}");
        requests = new RequestFacts[bodies.Count];
        for (int i = 0; i < bodies.Count; i++)
        {
            if (bodies[i] is null)
                return new Complaint($"requests[{i}]", $"requests[{i}] is null: send {JsonMistake.RequestShape}");
            if (FactsReader.FromBody(request, bodies[i], leastCost: 1, out requests[i]) is { } complaint)
                return ReferenceEquals(complaint, FactsReader.OtherTenant) ? complaint : new Complaint($"requests[{i}].{complaint.Field}", $"requests[{i}]: {complaint.Message}");
        }

        return null;
    }
}
