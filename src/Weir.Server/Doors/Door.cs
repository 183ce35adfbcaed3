using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>A way to ask for decisions on an address of its own. A door is off until its address is set.</summary>
internal abstract class Door(DoorAddress address)
{
    private ListenOptions? _listening;

    /// <summary>Name of the door in the banner.</summary>
    public abstract string Name { get; }

    /// <summary>The URL by which the host lists the address among its own; null before it listens.</summary>
    public string? Url => _listening?.ToString();

    public string Address => _listening?.IPEndPoint?.ToString() ?? $"{address.Host}:{address.Port}";

    public abstract void AddTo(IServiceCollection services);

    public void ListenOn(KestrelServerOptions kestrel) => kestrel.Listen(EndPointOf(address), listening =>
    {
        _listening = listening;
        Use(listening);
    });

    /// <summary>The doors whose address is set.</summary>
    public static IReadOnlyList<Door> Of(WeirOptions options) =>
    [
        .. options.Resp.Listen is { } resp && DoorAddress.Parse(resp) is { } ofResp ? [new RespDoor(ofResp)] : (Door[])[],
        .. options.Grpc.Listen is { } grpc && DoorAddress.Parse(grpc) is { } ofGrpc ? [new GrpcDoor(ofGrpc)] : (Door[])[],
    ];

    protected abstract EndPoint EndPointOf(DoorAddress address);

    protected abstract void Use(ListenOptions listening);
}
