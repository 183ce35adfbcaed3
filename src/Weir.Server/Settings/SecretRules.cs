using System.Buffers;

namespace Weir.Server;

/// <summary>The rules of secrets: hard to guess, and carried unchanged by an HTTP header.</summary>
internal static class SecretRules
{
    /// <summary>
    /// 32 random hexadecimal digits have 13 different ones on average, and less than 4 in one case of 10^18.
    /// </summary>
    private const int LeastDifferent = 4;

    private const string Cure = "use a random one, such as the output of: openssl rand -hex 32";

    /// <summary>A header loses blanks at its ends and may not carry other characters.</summary>
    private static readonly SearchValues<char> HeaderCharacters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(character => (char)character)]);

    /// <summary>Returns the error of a secret that callers send, or null.</summary>
    public static string? FaultOfKey(string secret, int least) =>
        secret.AsSpan().ContainsAnyExcept(HeaderCharacters)
            ? $"it has characters that a header cannot carry: use printable ASCII without spaces; {Cure}"
        : secret.Length > KeySecret.MaxLength ? $"it is longer than {KeySecret.MaxLength} characters; {Cure}"
        : FaultOf(secret, least);

    /// <summary>Returns the error of a secret that is never sent, or null.</summary>
    public static string? FaultOf(string secret, int least) =>
        secret.Length < least ? $"it is shorter than {least} characters, and could be guessed; {Cure}"
        : secret.Where(character => !char.IsWhiteSpace(character)).Distinct().Count() < LeastDifferent
            ? $"it repeats very few characters, and could be guessed; {Cure}"
        : null;
}
