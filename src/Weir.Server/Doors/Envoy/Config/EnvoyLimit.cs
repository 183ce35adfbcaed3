namespace Weir.Server;

/// <summary>Numbers of an Envoy limit. 0 requests refuse everything.</summary>
internal sealed record EnvoyLimit(uint RequestsPerUnit, EnvoyUnit Unit, string Name = "")
{
    /// <summary>Quota in Weir's stores.</summary>
    public WindowQuota Quota { get; } = EnvoyWindow.QuotaOf(RequestsPerUnit, Unit);
}
