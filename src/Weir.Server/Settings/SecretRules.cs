using System.Buffers;

namespace Weir.Server;

internal static class SecretRules
{
    /// <summary>Minimum distinct characters; 32 random hexadecimal digits have fewer once in 10^18 cases.</summary>
    private const int LeastDifferent = 4;

    private const string Cure = "use a random one, such as the output of: openssl rand -hex 32";

    /// <summary>Printable ASCII: a header loses outer spaces and cannot carry other characters.</summary>
    private static readonly SearchValues<char> HeaderCharacters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(character => (char)character)]);

    public static string? FaultOfKey(string secret, int least) =>
        secret.AsSpan().ContainsAnyExcept(HeaderCharacters)
            ? $"it has characters that a header cannot carry: use printable ASCII without spaces; {Cure}"
        : secret.Length > KeySecret.MaxLength ? $"it is longer than {KeySecret.MaxLength} characters; {Cure}"
        : FaultOf(secret, least);

    public static string? FaultOf(string secret, int least) =>
        secret.Length < least ? $"it is shorter than {least} characters, and could be guessed; {Cure}"
        : secret.Where(character => !char.IsWhiteSpace(character)).Distinct().Count() < LeastDifferent
            ? $"it repeats very few characters, and could be guessed; {Cure}"
        : null;
}
