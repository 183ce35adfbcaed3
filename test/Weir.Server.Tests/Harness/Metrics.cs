using System.Globalization;

namespace Weir.Server.Tests.Harness;

/// <summary>One scrape of <c>/metrics</c>, as series and values. Labels are in the order of their names; those of the library itself are left out.</summary>
internal sealed class Metrics
{
    private readonly Dictionary<string, double> _values = [];

    private Metrics(string text)
    {
        foreach (string line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            string[] parts = line.Split("} ");
            (string series, string rest) = parts.Length == 2 ? (parts[0] + "}", parts[1]) : (line[..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..]);
            _values[WithoutScope(series)] = double.Parse(rest.Split(' ')[0], CultureInfo.InvariantCulture);
        }
    }

    public static async Task<Metrics> ReadAsync(HttpCalls http)
    {
        var answer = await http.GetAsync("/metrics");
        Assert.Equal((200, "text/plain"), (answer.Status, answer.MediaType));
        return new Metrics(answer.Body);
    }

    public double? this[string series] => _values.TryGetValue(series, out double value) ? value : null;

    public IEnumerable<string> Of(string name) => _values.Keys.Where(series => series.StartsWith(name, StringComparison.Ordinal));

    public override string ToString() => string.Join('\n', _values.Select(pair => $"{pair.Key} {pair.Value}"));

    private static string WithoutScope(string series)
    {
        int open = series.IndexOf('{');
        if (open < 0)
            return series;
        var labels = series[(open + 1)..^1].Split(',').Where(label => label.Length > 0 && !label.StartsWith("otel_scope", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return $"{series[..open]}{{{string.Join(',', labels)}}}";
    }
}
