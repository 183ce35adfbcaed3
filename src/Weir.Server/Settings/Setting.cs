using System.Linq.Expressions;
using System.Reflection;

namespace Weir.Server;

internal sealed class Setting
{
    private readonly PropertyInfo[] _path;

    /// <summary>The property, such as <c>options => options.Redis.DeadlineMs</c>, also names the setting.</summary>
    public Setting(object owner, LambdaExpression property, SettingKind kind, string meaning, string? unset = null)
    {
        _path = PathOf(property.Body);
        Name = string.Join(':', _path.Select(part => part.Name));
        Kind = kind;
        Meaning = meaning;
        Default = ValueIn(owner) switch
        {
            null => unset ?? "none",
            bool flag => flag ? "true" : "false",
            var value => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
        };
    }

    /// <summary>A setting that no property holds.</summary>
    public Setting(string name, SettingKind kind, string meaning)
    {
        _path = [];
        (Name, Kind, Meaning, Default) = (name, kind, meaning, "none");
    }

    public string Name { get; }

    public SettingKind Kind { get; }

    public string Default { get; }

    public string Meaning { get; }

    /// <summary>Returns the error. Messages repeat no guarded value: it may be a misplaced secret.</summary>
    public string? Read(object owner, string? text, bool isGuarded)
    {
        var (value, fault) = Parse(text, isGuarded);
        if (value is not null)
            _path[^1].SetValue(_path[..^1].Aggregate(owner, (at, part) => part.GetValue(at)!), value);
        return fault;
    }

    /// <summary>Reads a value, or returns its error; neither if there is none.</summary>
    /// <inheritdoc cref="Read"/>
    public (object? Value, string? Fault) Parse(string? text, bool isGuarded)
    {
        if (string.IsNullOrEmpty(text))
            return (null, null);
        if (string.IsNullOrWhiteSpace(text))
            return (null, $"it is blank; use {Kind.Values}, or leave it out");
        var (value, fault) = Kind.Parse(text);
        return fault is null ? (value, null) : (null, $"{ShownValue.Of(text, isGuarded)} {fault}");
    }

    private object? ValueIn(object owner) => _path.Aggregate((object?)owner, (at, part) => part.GetValue(at));

    private static PropertyInfo[] PathOf(Expression body) =>
        body is MemberExpression { Expression: { } owner, Member: PropertyInfo property }
            ? [.. PathOf(owner), property] : [];
}
