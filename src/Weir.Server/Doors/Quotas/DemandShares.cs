namespace Weir.Server;

/// <summary>Divides tokens by demand. Pure.</summary>
internal static class DemandShares
{
    /// <summary>Returns parts that add up to the total, in proportion to the wishes, rounded by largest remainder.</summary>
    public static long[] Divide(long total, ReadOnlySpan<double> wishes)
    {
        double sum = 0;
        foreach (double wish in wishes)
            sum += wish;
        long[] parts = new long[wishes.Length];
        if (sum <= 0 || total <= 0)
            return parts;
        var rests = new (double Fraction, int Index)[wishes.Length];
        long left = total;
        for (int i = 0; i < parts.Length; i++)
        {
            double exact = total * (wishes[i] / sum);
            parts[i] = Math.Min(left, (long)exact);
            left -= parts[i];
            rests[i] = (wishes[i] > 0 ? exact - parts[i] : -1, i);
        }

        Array.Sort(rests, static (one, other) => other.Fraction.CompareTo(one.Fraction));
        for (int i = 0; left > 0; i = (i + 1) % rests.Length)
        {
            parts[rests[i].Index]++;
            left--;
        }

        return parts;
    }
}
