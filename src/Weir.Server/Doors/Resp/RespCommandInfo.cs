using System.Text;

namespace Weir.Server;

/// <summary>Executes a command. Writes the reply, or queues a pending decision.</summary>
internal delegate void RespHandler(RespSession session, RespArguments arguments);

internal sealed record RespCommandInfo(string Name, int Arity, string Usage, string Summary, RespHandler Handler)
{
    public bool IsOpen { get; init; }

    public bool IsDecision { get; init; }

    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    public string LowerName { get; } = Name.ToLowerInvariant();

    public bool Fits(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}
