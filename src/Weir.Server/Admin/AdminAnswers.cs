using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

/// <summary>What the admin paths answer.</summary>
internal static class AdminAnswers
{
    public static Task Ok<T>(HttpContext http, T body, JsonTypeInfo<T> type) => Problems.Write(http, StatusCodes.Status200OK, body, type, DecisionAnswers.Json);

    /// <summary>A document that is refused: everything that is wrong with it at once.</summary>
    public static Task Refused(HttpContext http, IReadOnlyList<PolicyError> errors)
    {
        var body = new PolicyProblemBody(
            "about:blank", "The policies are not valid", StatusCodes.Status400BadRequest, "nothing was changed: mend what errors lists, and send all of it again",
            [.. errors.Select(error => new PolicyFault(error.Line, error.Column, error.Path, error.Message))]);
        return Problems.Write(http, StatusCodes.Status400BadRequest, body, WireJson.Default.PolicyProblemBody, Problems.ContentType);
    }

    /// <summary>How a change ended.</summary>
    public static Task Written(HttpContext http, LiveWrite written, bool deleted)
    {
        if (written.Outcome is LiveOutcome.Unavailable or LiveOutcome.Behind)
            return Problems.ReducedCapacity(http);
        if (written.Outcome == LiveOutcome.Conflict)
            return Problems.OtherVersion(http, written.Version);
        if (!deleted)
            http.Response.Headers.ETag = $"\"{written.Version}\"";
        return Ok(http, new VersionBody(written.Version), WireJson.Default.VersionBody);
    }
}
