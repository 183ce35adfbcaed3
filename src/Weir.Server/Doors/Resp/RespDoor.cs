using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>Door for Redis clients (RESP). The door is off unless <c>Weir:Resp:Listen</c> is set.</summary>
internal sealed class RespDoor(RespAddress address)
{
    private ListenOptions? _listening;

    /// <summary>URL of the door in the host's list of addresses; null before the host listens.</summary>
    public string? Url => _listening?.ToString();

    public string Address => _listening?.IPEndPoint?.ToString() ?? $"{address.Host}:{address.Port}";

    public static RespDoor? Of(WeirOptions options) =>
        options.Resp.Listen is { } listen && RespAddress.Parse(listen) is { } address ? new RespDoor(address) : null;

    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton(new TextCache(RespBounds.MaxTexts));
        services.AddSingleton<NewRates>();
        services.AddSingleton<ThrottlePlans>();
        services.AddSingleton<ThrottleCommand>();
        services.AddSingleton<WeirArguments>();
        services.AddSingleton<WeirCommands>();
        services.AddSingleton<RespLogin>();
        services.AddSingleton<SessionCommands>();
        services.AddSingleton<RespConnections>();
        services.AddSingleton<ServerCommands>();
        services.AddSingleton<RespCommands>();
        services.AddSingleton<RespServices>();
        services.AddSingleton<RespConnectionHandler>();
    }

    public void ListenOn(KestrelServerOptions kestrel) =>
        kestrel.Listen(new RespEndPoint(address.Host, address.Port), listening =>
        {
            _listening = listening;
            listening.UseConnectionHandler<RespConnectionHandler>();
        });
}
