namespace Weir.Server;

/// <summary>What every connection of the RESP door uses.</summary>
internal sealed record RespServices(RespCommands Commands, RespLogin Login, Draining Draining, TimeProvider Time);
