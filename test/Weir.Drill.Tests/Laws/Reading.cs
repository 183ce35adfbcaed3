using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests.Laws;

/// <summary>What an instance said of what is left of a limit of a key, by Redis' word.</summary>
/// <param name="Episode">After which fault.</param>
/// <param name="Demand">The key.</param>
/// <param name="Limit">The limit's name.</param>
/// <param name="SentUs">When it was asked.</param>
/// <param name="AnsweredUs">When it had answered.</param>
/// <param name="Remaining">Whole tokens.</param>
internal readonly record struct Reading(int Episode, Demand Demand, string Limit, long SentUs, long AnsweredUs, long Remaining);
