namespace Weir.Server;

internal enum KeyScope
{
    /// <summary>Access to decisions: <c>/limit</c> and <c>/v1</c>.</summary>
    Take,

    /// <summary>Access to the decisions of every tenant and to <c>/admin</c>.</summary>
    Admin,
}
