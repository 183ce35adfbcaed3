using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Weir.Redis;

namespace Weir.Server.Tests.Docs;

/// <summary>Reference pages list what the code has, and nothing else.</summary>
public sealed partial class ReferenceTests
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public
        | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] Assemblies =
        [typeof(RateLimiter).Assembly, typeof(RedisStore).Assembly, typeof(Service).Assembly];

    private static (LoggerMessageAttribute Event, string Source)[] LogEvents() =>
    [
        .. from type in typeof(Service).Assembly.GetTypes()
           from method in type.GetMethods(Declared)
           let log = method.GetCustomAttribute<LoggerMessageAttribute>()
           where log is not null
           select (log, type.Name),
    ];

    [Fact]
    public void Each_log_event_has_its_own_number() =>
        Assert.DoesNotContain(LogEvents().CountBy(log => log.Event.EventId), count => count.Value > 1);

    [Fact]
    public void The_page_on_log_events_has_every_event_with_its_level_and_no_other()
    {
        Assert.Equal(
            LogEvents().Select(log => $"{log.Event.EventId} {log.Source} {log.Event.Level}").Order(StringComparer.OrdinalIgnoreCase),
            Event().Matches(MarkdownPage.All["docs/logs.md"].Prose)
                .Select(row => $"{row.Groups["id"].Value} {row.Groups["source"].Value} {row.Groups["level"].Value}")
                .Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_page_on_HTTP_has_every_problem_type_and_no_other() => Assert.Equal(
        typeof(Problems).GetFields(Declared)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)
            .Where(text => text.Contains(':')).Select(text => $"`{text}`").Order(StringComparer.Ordinal),
        MarkdownPage.All["docs/http.md"].FirstCells("Problem types").Order(StringComparer.Ordinal));

    [Fact]
    public void Every_type_that_the_page_on_bounds_names_exists()
    {
        var types = Assemblies.SelectMany(assembly => assembly.GetTypes()).Select(type => type.Name.Split('`')[0])
            .ToHashSet(StringComparer.Ordinal);
        var named = from line in MarkdownPage.All["docs/bounds.md"].Prose.Split('\n')
                    where line.StartsWith("| ", StringComparison.Ordinal) && line.Contains('`')
                    from name in Name().Matches(line.TrimEnd('|', ' ').Split(" | ")[^1])
                    select name.Groups[1].Value;

        Assert.All(named, name => Assert.Contains(name, types));
    }

    [Fact]
    public void Every_law_that_a_page_links_has_a_section() => Assert.Equal(
        13, MarkdownPage.All["docs/laws.md"].Anchors.Count(anchor => Law().IsMatch(anchor)));

    [GeneratedRegex(@"^\| `(?<id>\d+)` \| `(?<source>\w+)` \| (?<level>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Event();

    [GeneratedRegex(@"`([A-Z]\w+)(?:\.\w+)?`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^l\d+-")]
    private static partial Regex Law();
}
