namespace Weir.Redis;

/// <summary>The reply to a script call, on its way.</summary>
internal abstract class ScriptReply : IDisposable
{
    /// <summary>Ends when the reply is there, or fails with what went wrong.</summary>
    public abstract Task Arrival { get; }

    /// <summary>The reply, when it is there: a string's bytes, until this is disposed; none when it is something else. Throws what went wrong.</summary>
    public abstract ReadOnlySpan<byte> Read();

    /// <summary>Gives back what holds the bytes.</summary>
    public abstract void Dispose();

    /// <summary>The reply to a call that could not be sent.</summary>
    public static ScriptReply Failed(Exception unsent) => new Bytes(Task.FromException<byte[]>(unsent));

    /// <summary>A reply that comes as bytes of its own.</summary>
    public static ScriptReply Of(Task<byte[]> bytes) => new Bytes(bytes);

    private sealed class Bytes(Task<byte[]> bytes) : ScriptReply
    {
        public override Task Arrival => bytes;

        public override ReadOnlySpan<byte> Read() => bytes.GetAwaiter().GetResult();

        public override void Dispose()
        {
        }
    }
}
