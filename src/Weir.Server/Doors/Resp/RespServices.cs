namespace Weir.Server;

internal sealed record RespServices(RespCommands Commands, RespLogin Login, Draining Draining, TimeProvider Time);
