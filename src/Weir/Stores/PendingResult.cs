namespace Weir;

/// <summary>Result of a command under way: await <see cref="Arrival"/> once, then take it.</summary>
public abstract class PendingResult
{
    internal abstract ref readonly BucketCommand Command { get; }

    /// <summary>The request.</summary>
    public RequestFacts Facts => Command.Limits.Facts;

    /// <summary>Completes with the result. Await it only once.</summary>
    public abstract ValueTask Arrival { get; }

    /// <summary>Changes the result when it is taken; null for none.</summary>
    internal IResultStage? Stage { get; set; }

    /// <summary>Returns the result after <see cref="Arrival"/>. Do not use this object afterwards.</summary>
    public abstract BucketResult Take();

    internal static PendingResult Of(in BucketCommand command, ValueTask<BucketResult> task) => new OfTask(command, task);

    /// <summary>Returns null with the result if the task is complete; else the pending result.</summary>
    internal static PendingResult? Of(in BucketCommand command, ValueTask<BucketResult> task, out BucketResult result)
    {
        bool isThere = task.IsCompletedSuccessfully;
        result = isThere ? task.Result : default;
        return isThere ? null : Of(command, task);
    }

    private sealed class OfTask(BucketCommand command, ValueTask<BucketResult> task) : PendingResult
    {
        private readonly BucketCommand _command = command;
        private readonly Task<BucketResult> _task = task.AsTask();

        internal override ref readonly BucketCommand Command => ref _command;

        public override ValueTask Arrival => new(_task);

        public override BucketResult Take()
        {
            var result = _task.GetAwaiter().GetResult();
            return Stage is null ? result : Stage.Finish(_command, result);
        }
    }
}

/// <summary>Sees the result of a command before its caller does.</summary>
internal interface IResultStage
{
    /// <summary>Returns the result for the caller. Called once, on the caller's thread.</summary>
    BucketResult Finish(in BucketCommand command, in BucketResult result);
}
