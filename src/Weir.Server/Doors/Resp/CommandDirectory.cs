using System.Text;

namespace Weir.Server;

/// <summary>Executes <c>COMMAND</c>: lists commands in the format of Redis, with the fields that clients use.</summary>
internal sealed class CommandDirectory(Func<IReadOnlyList<RespCommandInfo>> commands)
{
    public void Execute(RespSession session, RespArguments arguments)
    {
        var writer = session.Writer;
        if (arguments.Count == 1)
            WriteEach(writer, commands());
        else if (arguments.Is(1, "COUNT"u8))
            writer.Integer(commands().Count);
        else if (arguments.Is(1, "DOCS"u8))
            WriteDocs(writer, [.. Named(arguments).OfType<RespCommandInfo>()]);
        else if (arguments.Is(1, "INFO"u8))
            WriteEach(writer, Named(arguments));
        else if (arguments.Is(1, "LIST"u8))
            WriteNames(writer);
        else
            writer.Error($"ERR unknown subcommand '{arguments.Shown(1)}'; use COUNT, DOCS, INFO or LIST");
    }

    /// <summary>Returns the named commands, with null for an unknown one; all commands without names.</summary>
    private List<RespCommandInfo?> Named(RespArguments arguments)
    {
        if (arguments.Count == 2)
            return [.. commands()];
        var named = new List<RespCommandInfo?>();
        for (int i = 2; i < arguments.Count; i++)
            named.Add(Find(arguments[i]));
        return named;
    }

    private RespCommandInfo? Find(ReadOnlySpan<byte> name)
    {
        foreach (var command in commands())
        {
            if (Ascii.EqualsIgnoreCase(name, command.Utf8Name))
                return command;
        }

        return null;
    }

    private static void WriteEach(RespWriter writer, IReadOnlyList<RespCommandInfo?> listed)
    {
        writer.Array(listed.Count);
        foreach (var command in listed)
        {
            if (command is null)
            {
                writer.NullArray();
                continue;
            }

            // Name, arity, flags, first key, last key, step. Key positions are 0, so that clients do not rewrite keys.
            writer.Array(6);
            writer.Bulk(command.LowerName);
            writer.Integer(command.Arity);
            writer.Array(1);
            writer.Simple("fast"u8);
            writer.Integer(0);
            writer.Integer(0);
            writer.Integer(0);
        }
    }

    private static void WriteDocs(RespWriter writer, List<RespCommandInfo> listed)
    {
        writer.Map(listed.Count);
        foreach (var command in listed)
        {
            writer.Bulk(command.LowerName);
            writer.Map(2);
            writer.Bulk("summary"u8);
            writer.Bulk(command.Usage.Length == 0 ? command.Summary : $"{command.Usage}: {command.Summary}");
            writer.Bulk("group"u8);
            writer.Bulk("generic"u8);
        }
    }

    private void WriteNames(RespWriter writer)
    {
        var listed = commands();
        writer.Array(listed.Count);
        foreach (var command in listed)
            writer.Bulk(command.LowerName);
    }
}
