namespace Weir.Server;

/// <summary>Bounds of the gRPC door (law L10). Those of keys, attributes and costs are <see cref="Bounds"/>.</summary>
internal static class GrpcBounds
{
    /// <summary>Maximum bytes of a request.</summary>
    public const int MaxMessage = 64 * 1024;

    /// <summary>Maximum bytes of a message of usage reports.</summary>
    public const int MaxReport = 1024 * 1024;

    /// <summary>Maximum descriptors of a request.</summary>
    public const int MaxDescriptors = 32;

    /// <summary>Maximum concurrent streams of a connection; further ones wait at the client.</summary>
    public const int MaxStreams = 1_024;
}
