using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>Who may administrate: whoever sends the admin key.</summary>
internal sealed class AdminGate(WeirOptions options) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    /// <summary>Compared as hashes, so that neither length nor content shows in the time it takes.</summary>
    private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes(options.Auth.AdminKey!));

    /// <summary>What the audit trail calls whoever has the admin key.</summary>
    public const string Who = "admin";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (IsAdmin(context.HttpContext.Request))
            return await next(context);
        await Problems.Unauthorized(context.HttpContext);
        return Results.Empty;
    }

    private bool IsAdmin(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        return header.Count == 1
            && header[0]!.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[0]![Scheme.Length..].Trim())), _key);
    }
}
