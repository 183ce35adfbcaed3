namespace Weir.Redis;

/// <summary>The reply to a script call, on its way.</summary>
internal abstract class ScriptReply
{
    /// <summary>
    /// Ends when a reply that comes by itself is there. A reply that <see cref="Read"/> waits for says nothing here.
    /// </summary>
    public virtual Task Arrival => Task.CompletedTask;

    /// <summary>
    /// Waits for the reply and returns its bytes, valid until the next call is sent; none if it is no string. Throws
    /// the error of the call.
    /// </summary>
    public abstract ReadOnlySpan<byte> Read();

    /// <summary>The reply to no decision at all.</summary>
    public static ScriptReply Nothing { get; } = new Bytes(Task.FromResult<byte[]>([]));

    /// <summary>Returns the reply to a call that could not be sent.</summary>
    public static ScriptReply Failed(Exception unsent) => new Bytes(Task.FromException<byte[]>(unsent));

    /// <summary>Returns a reply that comes as bytes of its own.</summary>
    public static ScriptReply Of(Task<byte[]> bytes) => new Bytes(bytes);

    private sealed class Bytes(Task<byte[]> bytes) : ScriptReply
    {
        public override Task Arrival => bytes;

        public override ReadOnlySpan<byte> Read() => bytes.GetAwaiter().GetResult();
    }
}
