using Weir.Drill.Tests.Fleet;

namespace Weir.Drill.Tests.Faults;

/// <summary>Something that goes wrong for a while, and what of it the laws have to know.</summary>
/// <param name="Name">What is done, in a few words.</param>
/// <param name="Lasts">How long it is left like that.</param>
/// <param name="Strike">Does it.</param>
/// <param name="Heal">Undoes it.</param>
internal sealed record Fault(string Name, TimeSpan Lasts, Func<Servers, Task> Strike, Func<Servers, Task> Heal)
{
    /// <summary>Whom it keeps from Redis.</summary>
    public Reach Reach { get; init; } = Reach.All;

    /// <summary>The instance that it befalls; null when it befalls Redis.</summary>
    public int? Instance { get; init; }

    /// <summary>True when Redis comes back with nothing.</summary>
    public bool RedisForgets { get; init; }

    /// <summary>Whether that instance itself is stopped or killed, so that nobody can expect an answer of it.</summary>
    public bool TakesInstanceDown { get; init; }

    /// <summary>True when that instance loses what it was asked.</summary>
    public bool LosesRequests { get; init; }
}
