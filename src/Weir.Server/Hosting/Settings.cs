using System.Globalization;
using System.Reflection;

namespace Weir.Server;

/// <summary>Reads <see cref="WeirOptions"/> and finds every fault in them at once.</summary>
internal static class Settings
{
    public static WeirOptions Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(WeirOptions.Section);
        var options = new WeirOptions();
        var faults = new List<string>();
        Bind(section, options, faults);
        options.Redis.Endpoints ??= JoinedList(section.GetSection("Redis:Endpoints"));
        faults.AddRange(FaultsOf(options));
        faults.AddRange(AddressFaultsOf("urls", configuration["urls"]));
        faults.AddRange(AddressFaultsOf("Weir:Management:Urls", options.Management.Urls));
        faults.AddRange(KestrelSettings.FaultsOf(configuration));
        faults.AddRange(DoorFaultsOf(options.Auth, ListenAddresses.Reachable(configuration)));
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
            else if (IsSection(property))
            {
                foreach (string deeper in Unknown(child, property.PropertyType))
                    yield return deeper;
            }
            else if (property.PropertyType == typeof(List<WeirOptions.KeySettings>))
            {
                foreach (string deeper in child.GetChildren().SelectMany(key => Unknown(key, typeof(WeirOptions.KeySettings))))
                    yield return deeper;
            }
        }
    }

    /// <remarks>The framework's binder stops at the first value that it cannot convert, and so would hide the others.</remarks>
    private static void Bind(IConfigurationSection section, object options, List<string> faults)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var setting = section.GetSection(property.Name);
            if (IsSection(property))
                Bind(setting, property.GetValue(options)!, faults);
            else if (property.GetValue(options) is List<WeirOptions.KeySettings> keys)
                BindKeys(setting, keys, faults);
            // An environment file spells a setting that is not made as an empty one.
            else if (string.IsNullOrEmpty(setting.Value))
                continue;
            else if (property.PropertyType == typeof(string))
                property.SetValue(options, setting.Value);
            else if ((property.PropertyType == typeof(bool) || property.PropertyType == typeof(bool?)) && bool.TryParse(setting.Value, out bool flag))
                property.SetValue(options, flag);
            else if ((property.PropertyType == typeof(int) || property.PropertyType == typeof(int?)) && int.TryParse(setting.Value, out int number))
                property.SetValue(options, number);
            else if (property.PropertyType == typeof(double) && double.TryParse(setting.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double share))
                property.SetValue(options, share);
            else
                faults.Add($"{setting.Path} is \"{setting.Value}\": write {ShapeOf(property.PropertyType)}");
        }
    }

    private static void BindKeys(IConfigurationSection list, List<WeirOptions.KeySettings> keys, List<string> faults)
    {
        // Not repeated, since it may be a key.
        if (!string.IsNullOrEmpty(list.Value))
            faults.Add($"{list.Path} is a list: write {list.Path}:0:Name, {list.Path}:0:Key and {list.Path}:0:Scope");
        foreach (var place in list.GetChildren())
        {
            if (!string.IsNullOrEmpty(place.Value))
                faults.Add($"{place.Path} is a key of its own: write {place.Path}:Name, {place.Path}:Key and {place.Path}:Scope");
            if (place.GetChildren().All(setting => string.IsNullOrEmpty(setting.Value)))
                continue;
            var key = new WeirOptions.KeySettings(place.Key);
            Bind(place, key, faults);
            keys.Add(key);
        }
    }

    private static string ShapeOf(Type type) =>
        type == typeof(int) || type == typeof(int?) ? "a whole number" : type == typeof(double) ? "a number, such as 0.01" : "true or false";

    private static bool IsSection(PropertyInfo property) => property.PropertyType.DeclaringType == typeof(WeirOptions);

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
        // Not repeated, since what stands there may be a password.
        if (options.Redis.Endpoints?.Split(',').Any(IsUrl) == true)
            yield return "Weir:Redis:Endpoints is written as a URL: write host:port, several separated by commas, and user and password as Weir:Redis:User and Weir:Redis:Password";
        if (options.Redis.Prefix.AsSpan().IndexOfAny("{}: ") >= 0 || options.Redis.Prefix.Length is 0 or > Bounds.MaxNameLength)
            yield return $"Weir:Redis:Prefix is \"{options.Redis.Prefix}\": write 1 to {Bounds.MaxNameLength} characters without braces, colons and spaces";
        foreach (string ofTls in Stores.RedisOptionsOf(options.Redis).FindFaults($"{WeirOptions.Section}:Redis:"))
            yield return ofTls;
        if (options.Memory.SnapshotPath is { } path && FileFaultOf(path) is { } fault)
            yield return $"Weir:Memory:SnapshotPath is \"{path}\", {fault}";
        long bytes = (long)options.Memory.MaxKeys * MemoryStoreOptions.BytesPerKey, available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (options.Memory.MaxKeys <= MemoryStoreOptions.MostKeys && bytes > available)
            yield return $"Weir:Memory:MaxKeys is {options.Memory.MaxKeys}, which takes {bytes >> 20} MiB, and this process may use {available >> 20}: write at most {available / MemoryStoreOptions.BytesPerKey / 2}, which leaves half";
        if (options.Limits.Connections is { } connections && OpenFiles.RoomForConnections() is { } room && connections > room)
            yield return $"Weir:Limits:Connections: {connections} is more than the descriptor limit of this process leaves room for; use at most {room}, or raise the limit (ulimit -n)";
        foreach (string ofKey in ConfiguredKeys.FaultsOf(options.Auth))
            yield return ofKey;
        if (options.Keys is { Hash: true, Secret: null })
            yield return "Weir:Keys:Hash is true, and Weir:Keys:Secret is missing: write a secret that all instances share, such as that of: openssl rand -hex 32";
        if (options.Keys.Secret is { Length: < KeyHash.MinSecret })
            yield return $"Weir:Keys:Secret is shorter than {KeyHash.MinSecret} characters, and so could be guessed: write a longer one, such as that of: openssl rand -hex 32";
        if (options.Live.Path is { } livePath && FileFaultOf(livePath) is { } liveFault)
            yield return $"Weir:Live:Path is \"{livePath}\", {liveFault}";
        foreach (string outside in RangeFaultsOf(options))
            yield return outside;
    }

    /// <summary>A service that others reach must know whom to let in, and one that lets in nobody is of no use.</summary>
    private static IEnumerable<string> DoorFaultsOf(WeirOptions.AuthSettings auth, IReadOnlyList<string> reachable)
    {
        const string Keys = "set Weir:Auth:Keys, or Weir:Auth:AdminKey to create keys with by /admin/keys";
        if (auth.AllowAnonymous == true || auth.AdminKey is not null || auth.Keys.Count > 0)
            yield break;
        if (auth.AllowAnonymous == false)
            yield return $"Weir:Auth:AllowAnonymous is false, and there is no key, so nobody could ask: {Keys}";
        else if (reachable.Count > 0)
            yield return $"{string.Join(", ", reachable)}, which other machines can reach, and nobody there would be asked who they are: {Keys}; listen on {Service.DefaultUrl}; or set Weir:Auth:AllowAnonymous=true if whoever reaches it may spend any tenant's tokens";
    }

    private static string? FileFaultOf(string path)
    {
        if (Directory.Exists(path))
            return "which is a folder: name a file in it";
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            return "whose folder does not exist: make it, or name another";
        try
        {
            // Each of our files is written beside itself first, so the folder is what must be open to us.
            File.Create(Path.Combine(folder, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose).Dispose();
            return null;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return "whose folder this user may not write to: open it, or name another";
        }
    }

    /// <summary>Only what stands before a <c>=</c> counts: a password may hold anything.</summary>
    private static bool IsUrl(string part) =>
        part.Split('=')[0] is var host && (host.Contains("://", StringComparison.Ordinal) || host.Contains('@'));

    private static IEnumerable<string> AddressFaultsOf(string setting, string? urls) =>
        from url in ListenAddresses.Parts(urls)
        where !IsAddress(url)
        select $"{setting} has \"{url}\": write http://host:port, with a port up to {ushort.MaxValue}, several separated by semicolons; TLS is left to a proxy";

    private static bool IsAddress(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.Scheme == Uri.UriSchemeHttp && address.Port is >= 0 and <= ushort.MaxValue;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static IEnumerable<string> RangeFaultsOf(WeirOptions options)
    {
        (string Name, long Value, long Least, long Most)[] ranges =
        [
            ("Redis:DeadlineMs", options.Redis.DeadlineMs, 1, 10_000),
            ("Redis:LeaseMs", options.Redis.LeaseMs, 0, 1_000),
            ("Redis:Instances", options.Redis.Instances, 1, 10_000),
            ("Redis:Database", options.Redis.Database, 0, 65_535),
            ("Memory:MaxKeys", options.Memory.MaxKeys, MemoryStoreOptions.LeastKeys, MemoryStoreOptions.MostKeys),
            ("Memory:SnapshotSeconds", options.Memory.SnapshotSeconds, 1, 86_400),
            ("Breaker:FailuresInARow", options.Breaker.FailuresInARow, 1, 1_000_000),
            ("Breaker:BreakMs", options.Breaker.BreakMs, 10, 60_000),
            ("Limits:Connections", options.Limits.Connections ?? 1, 1, 1_000_000),
            ("DecisionLog:PerSecond", options.DecisionLog.PerSecond, 1, 10_000),
        ];
        (string Name, double Value)[] shares = [("DecisionLog:Denied", options.DecisionLog.Denied), ("DecisionLog:Allowed", options.DecisionLog.Allowed)];
        return [
            .. from range in ranges
               where range.Value < range.Least || range.Value > range.Most
               select $"Weir:{range.Name} is {range.Value}: write a whole number from {range.Least} to {range.Most}",
            // Said this way round, it refuses what is no number, too.
            .. from share in shares
               where !(share.Value >= 0 && share.Value <= 1)
               select $"Weir:{share.Name} is {share.Value}: write a number from 0 (none) to 1 (all), such as 0.01",
        ];
    }
}
