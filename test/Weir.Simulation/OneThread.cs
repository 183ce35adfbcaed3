namespace Weir.Simulation;

/// <summary>Runs a history on a thread that has no synchronization context, so that all of it happens there.</summary>
internal static class OneThread
{
    public static T Run<T>(Func<T> history)
    {
        var result = default(T);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = history();
            }
            catch (Exception any)
            {
                failure = any;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? result! : throw new InvalidOperationException(failure.Message, failure);
    }
}
