using Grpc.Core;

namespace Weir.Server;

/// <summary>Errors of the gRPC door. The message names the field and the cure.</summary>
internal static class GrpcFault
{
    public static RpcException Invalid(string field, string message) =>
        Of(StatusCode.InvalidArgument, $"{field}: {message}");

    public static RpcException Invalid(Complaint complaint) => Of(StatusCode.InvalidArgument, complaint.Message);

    public static RpcException OtherTenant() =>
        Of(StatusCode.PermissionDenied, "domain: this key is for another tenant; send the tenant of the key");

    public static RpcException Unavailable() => Of(
        StatusCode.Unavailable,
        "no decision can be made at the moment; nothing says that a quota was exceeded, so try again shortly");

    public static RpcException KeyGone() => Of(
        StatusCode.Unauthenticated, "authorization: this key was revoked or has expired; send a valid one");

    public static RpcException Exhausted(string message) => Of(StatusCode.ResourceExhausted, message);

    private static RpcException Of(StatusCode code, string message) => new(new Status(code, message));
}
