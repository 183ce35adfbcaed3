using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

internal static class AdminAnswers
{
    public static Task Ok<T>(HttpContext http, T body, JsonTypeInfo<T> type) => Problems.Write(http, StatusCodes.Status200OK, body, type, DecisionAnswers.Json);

    public static Task Refused(HttpContext http, IReadOnlyList<PolicyError> errors)
    {
        var body = new ProblemBody(
            "about:blank", "The policies are not valid", StatusCodes.Status400BadRequest, "nothing was changed: correct what errors lists, and send all of it again",
            Errors: [.. errors.Select(error => new PolicyFault(error.Line, error.Column, error.Path, error.Message))]);
        return Problems.Write(http, StatusCodes.Status400BadRequest, body, WireJson.Default.ProblemBody, Problems.ContentType);
    }

    public static Task Nothing(HttpContext http, string detail) => Problems.Write(
        http, StatusCodes.Status404NotFound, new ProblemBody("about:blank", "Not found", StatusCodes.Status404NotFound, detail), WireJson.Default.ProblemBody, Problems.ContentType);

    public static Task Written(HttpContext http, LiveEdit edit, bool deleted, string absent) =>
        edit.Errors.Count > 0 ? Refused(http, edit.Errors) : Written(http, new LiveWrite(edit.Outcome, edit.Version), deleted, absent);

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
