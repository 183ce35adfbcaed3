namespace Weir.Server;

/// <summary>What a key opens.</summary>
internal enum KeyScope
{
    /// <summary>The paths that decide: <c>/limit</c> and <c>/v1</c>.</summary>
    Take,

    /// <summary>Those, for every tenant, and <c>/admin</c>.</summary>
    Admin,
}
