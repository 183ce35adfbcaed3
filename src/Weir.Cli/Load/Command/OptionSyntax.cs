using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Weir.Cli.Load;

internal static class OptionSyntax
{
    public static Option<long?> Whole(string name, long least, long most, string description) => new(name)
    {
        Description = description,
        HelpName = "n",
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most)
                return number;
            argument.AddError(FormattableString.Invariant($"{name}: '{text}' is not a whole number from {least} to {most}."));
            return null;
        },
    };

    public static Option<TimeSpan?> Duration(string name, TimeSpan least, TimeSpan most, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = argument => ParseDuration(argument, name, least, most),
    };

    public static Option<Uri?> Url(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "url",
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Query.Length + url.Fragment.Length == 0)
                return url;
            argument.AddError($"{name}: '{text}' is not the address of a server. Write it like {LoadSettings.DefaultUrl}");
            return null;
        },
    };

    public static Option<string?> OneOf(string name, string[] values, string description) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', values),
        CustomParser = argument =>
        {
            string text = argument.Tokens[0].Value;
            if (values.Contains(text))
                return text;
            argument.AddError($"{name}: '{text}' is not one of {string.Join(", ", values)}.");
            return null;
        },
    };

    private static TimeSpan? ParseDuration(ArgumentResult argument, string name, TimeSpan least, TimeSpan most)
    {
        string text = argument.Tokens[0].Value;
        if (!DurationSyntax.TryParse(text, out var duration))
            argument.AddError($"{name}: '{text}' is not a duration. {DurationSyntax.Cure}");
        else if (duration < least || duration > most)
            argument.AddError($"{name}: {text} is out of range. Choose from {DurationSyntax.Write(least)} to {DurationSyntax.Write(most)}.");
        else
            return duration;
        return null;
    }
}
