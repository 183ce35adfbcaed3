using System.Text;

namespace Weir.Server;

/// <summary>Executes a command: writes its reply, or adds it to those on their way.</summary>
internal delegate void RespHandler(RespSession session, RespArguments arguments);

/// <summary>A command of the RESP door.</summary>
/// <param name="Name">Its name in capitals.</param>
/// <param name="Arity">The number of its arguments, the name included; negative for the least number.</param>
/// <param name="Usage">Its arguments.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Handler">Executes it.</param>
internal sealed record RespCommandInfo(string Name, int Arity, string Usage, string Summary, RespHandler Handler)
{
    /// <summary>True if it needs no API key.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The name in UTF-8.</summary>
    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The name as errors and <c>COMMAND</c> have it.</summary>
    public string LowerName { get; } = Name.ToLowerInvariant();

    /// <summary>True if a command has a number of arguments that fits.</summary>
    public bool Fits(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}
