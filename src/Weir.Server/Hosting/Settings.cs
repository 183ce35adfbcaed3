using System.Reflection;

namespace Weir.Server;

/// <summary>Reads <see cref="WeirOptions"/> and finds every fault in them at once.</summary>
internal static class Settings
{
    public static WeirOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(WeirOptions.Section);
        WeirOptions options;
        try
        {
            options = section.Get<WeirOptions>() ?? new WeirOptions();
        }
        catch (InvalidOperationException unreadable)
        {
            throw new SettingsException([unreadable.Message]);
        }

        options.Redis.Endpoints ??= JoinedList(section.GetSection("Redis:Endpoints"));
        var faults = FaultsOf(options).ToList();
        return faults.Count == 0 ? options : throw new SettingsException(faults);
    }

    /// <summary>Settings under <c>Weir</c> that mean nothing to this version, such as misspelt ones.</summary>
    public static IEnumerable<string> Unknown(IConfiguration configuration) =>
        Unknown(configuration.GetSection(WeirOptions.Section), typeof(WeirOptions));

    private static IEnumerable<string> Unknown(IConfigurationSection section, Type options)
    {
        foreach (var child in section.GetChildren())
        {
            var property = options.GetProperty(child.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
                yield return child.Path;
            else if (property.PropertyType.DeclaringType == typeof(WeirOptions))
            {
                foreach (string deeper in Unknown(child, property.PropertyType))
                    yield return deeper;
            }
        }
    }

    /// <summary>Endpoints may also be written as a list: <c>Weir:Redis:Endpoints:0</c>, <c>:1</c> and so on.</summary>
    private static string? JoinedList(IConfigurationSection list)
    {
        string joined = string.Join(',', list.GetChildren().Select(child => child.Value));
        return joined.Length == 0 ? null : joined;
    }

    private static IEnumerable<string> FaultsOf(WeirOptions options)
    {
        if (RateLimitHeaders.Parse(options.Headers) is null)
            yield return $"Weir:Headers is \"{options.Headers}\": write one of {RateLimitHeaders.Names}";
        if (options.Redis.Prefix.AsSpan().IndexOfAny("{}: ") >= 0 || options.Redis.Prefix.Length is 0 or > Bounds.MaxNameLength)
            yield return $"Weir:Redis:Prefix is \"{options.Redis.Prefix}\": write 1 to {Bounds.MaxNameLength} characters without braces, colons and spaces";
        if (options.Memory.SnapshotPath is { } path && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            yield return $"Weir:Memory:SnapshotPath is \"{path}\", whose folder does not exist: make it, or name another";
        foreach (string fault in RangeFaultsOf(options))
            yield return fault;
    }

    private static IEnumerable<string> RangeFaultsOf(WeirOptions options)
    {
        (string Name, long Value, long Least, long Most)[] ranges =
        [
            ("Redis:DeadlineMs", options.Redis.DeadlineMs, 1, 10_000),
            ("Redis:Database", options.Redis.Database, 0, 65_535),
            ("Memory:MaxKeys", options.Memory.MaxKeys, MemoryStoreOptions.LeastKeys, MemoryStoreOptions.MostKeys),
            ("Memory:SnapshotSeconds", options.Memory.SnapshotSeconds, 1, 86_400),
            ("Breaker:FailuresInARow", options.Breaker.FailuresInARow, 1, 1_000_000),
            ("Breaker:BreakMs", options.Breaker.BreakMs, 10, 60_000),
        ];
        return from range in ranges
               where range.Value < range.Least || range.Value > range.Most
               select $"Weir:{range.Name} is {range.Value}: write a whole number from {range.Least} to {range.Most}";
    }
}
