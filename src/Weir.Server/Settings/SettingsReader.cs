namespace Weir.Server;

/// <summary>Reads the section <c>Weir</c> strictly, because the framework's binder ignores most errors.</summary>
internal sealed class SettingsReader(IConfigurationSection root, List<string> faults)
{
    public WeirOptions Read()
    {
        var options = new WeirOptions();
        foreach (var setting in SettingTable.All)
            Bind(setting, options, root.GetSection(setting.Name), SettingTable.IsGuarded(setting.Name));
        ReadKeys(root.GetSection(SettingTable.KeyList), options.Auth.Keys);
        ReadAttributes(root.GetSection(SettingTable.AttributeMap), options.Authorize.Attributes);
        if (!string.IsNullOrEmpty(root.Value))
            faults.Add(
                $"{root.Path}: it is a section and has no value; set a setting below it, such as "
                    + $"{WeirOptions.Section}:PolicyFile");
        CheckNames(root, "");
        return options;
    }

    private void Bind(Setting setting, object owner, IConfigurationSection section, bool isGuarded)
    {
        if (setting.Read(owner, TextOf(setting, section), isGuarded) is { } fault)
            faults.Add($"{section.Path}: {fault}");
    }

    /// <summary>Returns the text of a setting. Joins the items of a list with commas.</summary>
    private string? TextOf(Setting setting, IConfigurationSection section)
    {
        string? text = section.Value;
        string?[] items = setting.Kind.IsList
            ? [.. section.GetChildren().Select(item => item.Value).Where(item => !string.IsNullOrEmpty(item))] : [];
        if (items.Length > 0 && !string.IsNullOrEmpty(text))
            faults.Add($"{section.Path}: it is given both as one value and as a list; leave one out");
        else if (items.Length > 0)
            text = string.Join(',', items);
        return text;
    }

    private void ReadAttributes(IConfigurationSection map, Dictionary<string, FactSources> attributes)
    {
        var setting = SettingTable.OfAttribute;
        foreach (var item in map.GetChildren())
        {
            var (sources, fault) = setting.Parse(TextOf(setting, item), isGuarded: false);
            fault ??= sources is null ? null : AttributeFaultOf(item.Key, attributes.Count);
            if (fault is not null)
                faults.Add($"{(ShownValue.IsName(item.Key) ? item.Path : map.Path)}: {fault}");
            else if (sources is not null)
                attributes.Add(item.Key, (FactSources)sources);
        }
    }

    private static string? AttributeFaultOf(string name, int others) =>
        name == Limit.KeyDimension ? $"an attribute cannot be called key; set {WeirOptions.Section}:Authorize:Key"
        : !Bounds.IsName(name) ? $"the name of an attribute does not fit; use {Bounds.NameRule}"
        : others >= Bounds.MaxAttributes ? $"it is one attribute too many; use at most {Bounds.MaxAttributes}"
        : null;

    private void ReadKeys(IConfigurationSection list, List<WeirOptions.KeySettings> keys)
    {
        if (!string.IsNullOrEmpty(list.Value))
            faults.Add($"{list.Path}: it is a list; use {list.Path}:0:Name, {list.Path}:0:Key and {list.Path}:0:Scope");
        foreach (var item in list.GetChildren())
        {
            if (!int.TryParse(item.Key, System.Globalization.NumberStyles.None, null, out int index))
            {
                faults.Add(
                    $"{list.Path}: its items are numbered; use {list.Path}:0:Name, {list.Path}:0:Key and "
                        + $"{list.Path}:0:Scope");
                continue;
            }

            if (!string.IsNullOrEmpty(item.Value))
                faults.Add(
                    $"{item.Path}: it is a key with settings of its own; use {item.Path}:Name, {item.Path}:Key and "
                        + $"{item.Path}:Scope");
            if (item.GetChildren().All(setting => string.IsNullOrEmpty(setting.Value)))
                continue;
            var key = new WeirOptions.KeySettings(item.Key);
            foreach (var setting in SettingTable.OfKey)
                Bind(setting, key, item.GetSection(setting.Name), isGuarded: true);
            keys.Add(key);
        }
    }

    private void CheckNames(IConfigurationSection section, string prefix)
    {
        foreach (var child in section.GetChildren())
        {
            string name = prefix + child.Key;
            if (SettingTable.Find(name) is { } setting)
                CheckValue(child, setting);
            else if (string.Equals(name, SettingTable.KeyList, StringComparison.OrdinalIgnoreCase))
                CheckKeys(child);
            else if (string.Equals(name, SettingTable.AttributeMap, StringComparison.OrdinalIgnoreCase))
                CheckAttributes(child);
            else if (SettingTable.IsSection(name))
                CheckSection(child, name);
            else
                faults.AddRange(UnknownSettings.FaultsOf(child));
        }
    }

    private void CheckSection(IConfigurationSection section, string name)
    {
        if (!string.IsNullOrEmpty(section.Value))
        {
            var first = SettingTable.All.First(setting =>
                setting.Name.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));
            faults.Add(
                $"{section.Path}: it is a section and has no value; set a setting below it, such as "
                    + $"{WeirOptions.Section}:{first.Name}");
        }

        CheckNames(section, name + ":");
    }

    /// <summary>Reports settings below a single value, without their names, which may be secrets.</summary>
    private void CheckValue(IConfigurationSection section, Setting setting)
    {
        var wrong = setting.Kind.IsList ? section.GetChildren()
            .Where(item => !int.TryParse(item.Key, out _) || item.GetChildren().Any()) : section.GetChildren();
        if (wrong.Any())
            faults.Add($"{section.Path}: it is one value, and something stands below it; set {section.Path} itself");
    }

    private void CheckAttributes(IConfigurationSection map)
    {
        if (!string.IsNullOrEmpty(map.Value))
            faults.Add($"{map.Path}: it is a section and has no value; set {map.Path}:NAME");
        foreach (var item in map.GetChildren())
            CheckValue(item, SettingTable.OfAttribute);
    }

    private void CheckKeys(IConfigurationSection list)
    {
        foreach (var item in list.GetChildren())
        {
            foreach (var field in item.GetChildren())
            {
                if (SettingTable.Find(SettingTable.OfKey, field.Key) is { } setting)
                    CheckValue(field, setting);
                else
                    faults.Add(UnknownSettings.Fault(field,
                        Suggestions.Closest(field.Key, SettingTable.OfKey.Select(known => known.Name)) is { } meant
                            ? $"{item.Path}:{meant}" : null));
            }
        }
    }
}
