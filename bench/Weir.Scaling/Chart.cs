using System.Globalization;
using System.Text;

namespace Weir.Scaling;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What it says in the legend.</param>
/// <param name="Points">Its points.</param>
internal sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>An axis: from where to where, and how its ends are reached.</summary>
/// <param name="Title">What it counts, with the unit.</param>
/// <param name="Ticks">Where it is written on, from its least to its largest.</param>
/// <param name="IsLog">Whether equal steps are equal factors.</param>
internal sealed record Axis(string Title, double[] Ticks, bool IsLog = true)
{
    /// <summary>Where a value lies, from 0 to 1.</summary>
    public double At(double value) => Math.Clamp((Scale(value) - Scale(Ticks[0])) / (Scale(Ticks[^1]) - Scale(Ticks[0])), 0, 1);

    private double Scale(double value) => IsLog ? Math.Log(Math.Max(value, Ticks[0])) : value;
}

/// <summary>A plot as SVG: its colours are told apart on a light and on a dark ground, and its lines without colours too.</summary>
internal sealed record Chart(string Title, Axis X, Axis Y, IReadOnlyList<Line> Lines)
{
    private const int Left = 76, Top = 44, Width = 480, Height = 280, Right = 164, Bottom = 56;

    private static readonly string[] Colours = ["#3b82f6", "#e07b00", "#1a9e6b", "#c74fa3", "#8b8f98", "#d04a4a", "#7a6ff0", "#a08400"];
    private static readonly string[] Dashes = ["none", "7 4", "2 3", "10 3 2 3", "none", "7 4", "2 3", "10 3 2 3"];

    public string ToSvg()
    {
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Left + Width + Right} {Top + Height + Bottom}" role="img" font-family="system-ui, sans-serif" font-size="12">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<title>{Title}</title>");
        svg.AppendLine("<style>text{fill:#7a828c}.g{stroke:#8b8f98;stroke-opacity:.35}.a{stroke:#8b8f98}</style>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="24" font-size="15" font-weight="600">{Title}</text>""");
        foreach (double tick in X.Ticks)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="g" d="M{XOf(tick):F1} {Top}v{Height}"/><text x="{XOf(tick):F1}" y="{Top + Height + 18}" text-anchor="middle">{Spell(tick)}</text>""");
        foreach (double tick in Y.Ticks)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="g" d="M{Left} {YOf(tick):F1}h{Width}"/><text x="{Left - 8}" y="{YOf(tick) + 4:F1}" text-anchor="end">{Spell(tick)}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<path class="a" fill="none" d="M{Left} {Top}v{Height}h{Width}"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left + (Width / 2)}" y="{Top + Height + 42}" text-anchor="middle">{X.Title}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text transform="translate(18 {Top + (Height / 2)}) rotate(-90)" text-anchor="middle">{Y.Title}</text>""");
        for (int i = 0; i < Lines.Count; i++)
            Draw(svg, Lines[i], i);
        return svg.AppendLine("</svg>").ToString();
    }

    private void Draw(StringBuilder svg, Line line, int index)
    {
        string stroke = $"""stroke="{Colours[index % Colours.Length]}" stroke-width="2" stroke-dasharray="{Dashes[index % Dashes.Length]}" fill="none" """;
        string path = string.Join('L', line.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{XOf(point.X):F1} {YOf(point.Y):F1}")));
        svg.AppendLine(CultureInfo.InvariantCulture, $"<path {stroke}d=\"M{path}\"/>");
        foreach (var (x, y) in line.Points)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<circle cx="{XOf(x):F1}" cy="{YOf(y):F1}" r="2.6" fill="{Colours[index % Colours.Length]}"/>""");
        int legend = Top + 10 + (index * 20), from = Left + Width + 14;
        svg.AppendLine(CultureInfo.InvariantCulture, $"<path {stroke}d=\"M{from} {legend}h26\"/><text x=\"{from + 32}\" y=\"{legend + 4}\">{line.Name}</text>");
    }

    private double XOf(double value) => Left + (X.At(value) * Width);

    private double YOf(double value) => Top + ((1 - Y.At(value)) * Height);

    private static string Spell(double value) => value switch
    {
        0 => "0",
        >= 1_000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.#####", CultureInfo.InvariantCulture),
    };
}
