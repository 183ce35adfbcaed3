using System.Linq.Expressions;
using System.Reflection;

namespace Weir.Server;

internal sealed class Setting
{
    private readonly PropertyInfo[] _path;

    /// <summary>Creates a setting whose name is the path of a property, such as <c>Redis:DeadlineMs</c>.</summary>
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

    /// <summary>Creates a setting without a property.</summary>
    public Setting(string name, SettingKind kind, string meaning)
    {
        _path = [];
        (Name, Kind, Meaning, Default) = (name, kind, meaning, "none");
    }

    public string Name { get; }

    public SettingKind Kind { get; }

    public string Default { get; }

    public string Meaning { get; }

    /// <summary>Sets the property, or returns an error. Errors hide guarded values, which may be secrets.</summary>
    public string? Read(object owner, string? text, bool isGuarded)
    {
        var (value, fault) = Parse(text, isGuarded);
        if (value is not null)
            _path[^1].SetValue(_path[..^1].Aggregate(owner, (at, part) => part.GetValue(at)!), value);
        return fault;
    }

    /// <summary>Parses a value or returns an error; returns neither for an empty text.</summary>
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
