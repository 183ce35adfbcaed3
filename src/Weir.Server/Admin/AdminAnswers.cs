using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

/// <summary>What the admin paths answer.</summary>
internal static class AdminAnswers
{
    public static Task Ok<T>(HttpContext http, T body, JsonTypeInfo<T> type) => Problems.Write(http, StatusCodes.Status200OK, body, type, DecisionAnswers.Json);

    /// <summary>A document that is refused: everything that is wrong with it at once.</summary>
    public static Task Refused(HttpContext http, IReadOnlyList<PolicyError> errors)
    {
        var body = new ProblemBody(
            "about:blank", "The policies are not valid", StatusCodes.Status400BadRequest, "nothing was changed: correct what errors lists, and send all of it again",
            Errors: [.. errors.Select(error => new PolicyFault(error.Line, error.Column, error.Path, error.Message))]);
        return Problems.Write(http, StatusCodes.Status400BadRequest, body, WireJson.Default.ProblemBody, Problems.ContentType);
    }

    /// <summary>There is nothing here, and why.</summary>
    public static Task Nothing(HttpContext http, string detail) => Problems.Write(
        http, StatusCodes.Status404NotFound, new ProblemBody("about:blank", "Not found", StatusCodes.Status404NotFound, detail), WireJson.Default.ProblemBody, Problems.ContentType);

    /// <summary>How a change ended that was judged first.</summary>
    public static Task Written(HttpContext http, LiveEdit edit, bool deleted, string absent) =>
        edit.Errors.Count > 0 ? Refused(http, edit.Errors) : Written(http, new LiveWrite(edit.Outcome, edit.Version), deleted, absent);

    /// <summary>How a change ended.</summary>
    /// <param name="http">The request.</param>
    /// <param name="written">How it ended.</param>
    /// <param name="deleted">Whether the entry is gone.</param>
    /// <param name="absent">What to say when there was nothing to be deleted.</param>
    public static Task Written(HttpContext http, LiveWrite written, bool deleted, string absent)
    {
        switch (written.Outcome)
        {
            case LiveOutcome.Conflict:
                return Problems.OtherVersion(http, written.Version);
            case LiveOutcome.Absent:
                return Nothing(http, absent);
            case LiveOutcome.Written:
                if (!deleted)
                    http.Response.Headers.ETag = $"\"{written.Version}\"";
                return Ok(http, new VersionBody(written.Version), WireJson.Default.VersionBody);
            default:
                return Problems.ReducedCapacity(http);
        }
    }
}
