using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>Door for Redis clients (RESP). The door is off unless <c>Weir:Resp:Listen</c> is set.</summary>
internal sealed class RespDoor(DoorAddress address) : Door(address)
{
    public override string Name => "redis clients";

    public override void AddTo(IServiceCollection services)
    {
        services.AddSingleton(this);
        services.AddSingleton(new TextCache(RespBounds.MaxTexts));
        services.AddSingleton(all => new ThrottleCommand(
            all.GetRequiredService<Decider>(),
            new PlansOfRequests(ThrottleCommand.PlanName, all.GetRequiredService<NewRates>()),
            all.GetRequiredService<TextCache>()));
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

    protected override EndPoint EndPointOf(DoorAddress address) => new RespEndPoint(address.Host, address.Port);

    protected override void Use(ListenOptions listening) => listening.UseConnectionHandler<RespConnectionHandler>();
}
