namespace Weir.Redis;

internal abstract class ScriptReply
{
    /// <summary>Completes when the reply has arrived; already complete if <see cref="Read"/> waits for it.</summary>
    public virtual Task Arrival => Task.CompletedTask;

    /// <summary>Waits for the reply and returns its bytes, valid until the next call; or throws its error.</summary>
    public abstract ReadOnlySpan<byte> Read();

    public static ScriptReply Nothing { get; } = new Bytes(Task.FromResult<byte[]>([]));

    public static ScriptReply Failed(Exception unsent) => new Bytes(Task.FromException<byte[]>(unsent));

    public static ScriptReply Of(Task<byte[]> bytes) => new Bytes(bytes);

    private sealed class Bytes(Task<byte[]> bytes) : ScriptReply
    {
        public override Task Arrival => bytes;

        public override ReadOnlySpan<byte> Read() => bytes.GetAwaiter().GetResult();
    }
}
