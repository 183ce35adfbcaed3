namespace Weir;

internal readonly record struct DocumentField(string Name, DocumentPlace Place, DocumentNode Value);

internal sealed class KnownFields(List<DocumentField> fields, List<string>? excused)
{
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

    public DocumentField? First(string[] names)
    {
        foreach (string name in names)
        {
            if (this[name] is { } field)
                return field;
        }

        return null;
    }

    /// <summary>True if a key is missing and no reported error explains that, such as a misspelled key.</summary>
    public bool IsPlainlyMissing(string name) => this[name] is null && excused?.Contains(name) != true;
}
