using System.Linq.Expressions;
using System.Reflection;

namespace Weir.Server;

/// <summary>A setting: its name, values, default and meaning, and the property that holds it.</summary>
internal sealed class Setting
{
    private readonly PropertyInfo[] _path;

    /// <param name="owner">An object of defaults.</param>
    /// <param name="property">The property, such as <c>options => options.Redis.DeadlineMs</c>, which is also its
    /// name.</param>
    /// <param name="kind">Its values.</param>
    /// <param name="meaning">Its meaning, as a sentence.</param>
    /// <param name="unset">What holds if it is not set and its property is null.</param>
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

    /// <summary>The name below its section, such as <c>Redis:DeadlineMs</c>.</summary>
    public string Name { get; }

    public SettingKind Kind { get; }

    public string Default { get; }

    public string Meaning { get; }

    /// <summary>Puts a value into its property, or returns its error.</summary>
    /// <param name="owner">The object that has the property.</param>
    /// <param name="text">The value; an empty one is none, as environment files spell it.</param>
    /// <param name="isGuarded">True if a secret may have got there by mistake, so that no message may repeat the
    /// value.</param>
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
