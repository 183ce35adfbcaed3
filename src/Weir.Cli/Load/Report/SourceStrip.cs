using System.Text;

namespace Weir.Cli.Load;

/// <summary>Draws a letter per half second: R Redis, M memory, r both, E an error, a dot no answer.</summary>
internal static class SourceStrip
{
    private const int SlotsPerLetter = 5;

    public static string Draw(Recording recording)
    {
        var strip = new StringBuilder("sources by half second (R redis, M memory, r both, E errors, . silence): ");
        foreach (var letter in recording.Slots.Chunk(SlotsPerLetter))
            strip.Append(Letter(letter));
        return strip.ToString();
    }

    private static char Letter(Timeline.Slot[] slots)
    {
        var (redis, memory, errors) = slots.Aggregate(
            (Redis: 0, Memory: 0, Errors: 0),
            (sum, slot) => (sum.Redis + slot.Redis, sum.Memory + slot.Memory, sum.Errors + slot.Errors));
        return (redis > 0, memory > 0, errors > 0) switch
        {
            (_, _, true) => 'E',
            (true, true, _) => 'r',
            (true, false, _) => 'R',
            (false, true, _) => 'M',
            _ => '.',
        };
    }
}
