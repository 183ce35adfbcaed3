using System.Text.Json;
using Weir.Testing;

namespace Weir.Server.Tests.Deploy;

/// <summary>A Dockerfile as its instructions, in order.</summary>
internal sealed class Dockerfile
{
    private Dockerfile(Instruction[] instructions) => Instructions = instructions;

    public Instruction[] Instructions { get; }

    public static Dockerfile Load(string path)
    {
        var lines = Repository.Read(path).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
        return new Dockerfile([.. from line in lines
                                  where line.Length > 0 && !line.StartsWith('#')
                                  let space = line.IndexOf(' ', StringComparison.Ordinal)
                                  select new Instruction(line[..space], line[(space + 1)..].Trim())]);
    }

    /// <summary>What follows the instruction's name, wherever it occurs.</summary>
    public string[] Values(string name) => [.. from instruction in Instructions where instruction.Name == name select instruction.Value];

    internal sealed record Instruction(string Name, string Value)
    {
        /// <summary>The words of an exec form, which is a JSON array at the end of the instruction.</summary>
        public string[] Exec => JsonSerializer.Deserialize<string[]>(Value[Value.IndexOf('[', StringComparison.Ordinal)..])!;

        /// <summary>What a <c>COPY</c> copies.</summary>
        public string[] Sources => Value.Split(' ')[..^1];

        /// <summary>Where a <c>COPY</c> copies it.</summary>
        public string Destination => Value.Split(' ')[^1];
    }
}
