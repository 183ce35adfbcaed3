namespace Weir;

/// <summary>Result of a command that is under way. Await <see cref="Arrival"/> once, then call Take once.</summary>
public abstract class PendingResult
{
    internal abstract ref readonly BucketCommand Command { get; }

    /// <summary>The facts of the request.</summary>
    public RequestFacts Facts => Command.Limits.Facts;

    /// <summary>Completes when the result is there. Await it only once.</summary>
    public abstract ValueTask Arrival { get; }

    /// <summary>Changes the result before the caller gets it; null for no change.</summary>
    internal IResultStage? Stage { get; set; }

    /// <summary>Returns the result after <see cref="Arrival"/>. Do not use this object afterwards.</summary>
    public abstract BucketResult Take();

    internal static PendingResult Of(in BucketCommand command, ValueTask<BucketResult> task) => new OfTask(command, task);

    /// <summary>Returns null and the result if the task is complete; otherwise the pending result.</summary>
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

/// <summary>Sees the result of a command before the caller does, and may replace it.</summary>
internal interface IResultStage
{
    /// <summary>Returns the result for the caller. Called once, on the caller's thread.</summary>
    BucketResult Finish(in BucketCommand command, in BucketResult result);
}
