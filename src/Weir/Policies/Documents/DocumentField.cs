namespace Weir;

/// <summary>A key with its value, and where it stands.</summary>
internal readonly record struct DocumentField(string Name, DocumentPlace Place, DocumentNode Value);

/// <summary>The known keys of one mapping.</summary>
internal sealed class KnownFields(List<DocumentField> fields, List<string>? excused)
{
    /// <summary>The field of that name, or null when it was left out.</summary>
    public DocumentField? this[string name]
    {
        get
        {
            foreach (var field in fields)
            {
                if (field.Name == name)
                    return field;
            }

            return null;
        }
    }

    /// <summary>The first of several fields that is there; null when none is.</summary>
    public DocumentField? First(string[] names)
    {
        foreach (string name in names)
        {
            if (this[name] is { } field)
                return field;
        }

        return null;
    }

    /// <summary>
    /// True if a required key is missing and not reported yet: a misspelt key is one error, not two.
    /// </summary>
    public bool IsPlainlyMissing(string name) => this[name] is null && excused?.Contains(name) != true;
}
