namespace Weir.Server;

internal enum KeyScope
{
    /// <summary>The paths that decide: <c>/limit</c> and <c>/v1</c>.</summary>
    Take,

    /// <summary>The same for every tenant, and <c>/admin</c>.</summary>
    Admin,
}
