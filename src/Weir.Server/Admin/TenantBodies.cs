using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Weir.Server;

/// <summary>Checks and parses the live text of a tenant or key: a JSON object, not other YAML.</summary>
internal static class TenantBodies
{
    public static (bool IsBoost, PolicyError? Error) KindOf(string tenant, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return (false, new PolicyError($"tenant {tenant}", 1, 1, "", """must be a JSON object, such as {"plan":"pro"}"""));
            return (json.RootElement.TryGetProperty("until", out _), FaultIn(tenant, text));
        }
        catch (JsonException wrong)
        {
            // Remove the position that the JSON parser appends, because its line numbers start at 0.
            string reason = wrong.Message.Split(" LineNumber:")[0];
            return (false, new PolicyError(
                $"tenant {tenant}", (int)(wrong.LineNumber ?? 0) + 1, (int)(wrong.BytePositionInLine ?? 0) + 1, "", $"this is not JSON: {reason}"));
        }
    }

    /// <summary>Returns an error for null and for a quoted <c>unlimited</c>, which the YAML parser accepts.</summary>
    private static PolicyError? FaultIn(string tenant, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(utf8);
        var path = new Stack<string>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                while (path.Count >= reader.CurrentDepth)
                    path.Pop();
                path.Push(reader.GetString()!);
            }

            string? fault = reader.TokenType == JsonTokenType.Null ? "is null: write a value, or leave it out"
                : reader.TokenType == JsonTokenType.String && reader.CurrentDepth == 1 && path.Peek() == "unlimited"
                    ? "must be true or false, without quotes" : null;
            if (fault is null)
                continue;
            var before = utf8.AsSpan(0, (int)reader.TokenStartIndex);
            return new PolicyError($"tenant {tenant}", before.Count((byte)'\n') + 1,
                before.Length - before.LastIndexOf((byte)'\n'), string.Join('.', path.Reverse()), fault);
        }

        return null;
    }

    public static JsonElement? Shown(string? text)
    {
        if (text is null)
            return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            using var quoted = JsonDocument.Parse($"\"{JavaScriptEncoder.Default.Encode(text)}\"");
            return quoted.RootElement.Clone();
        }
    }
}
