namespace Weir.Scaling;

/// <summary>Which key a request is of: the k-th has 1/k^s of what the first has.</summary>
internal sealed class Spread
{
    private readonly double[] _upTo;

    /// <param name="keys">How many keys.</param>
    /// <param name="exponent">s: 0 for all alike, 1 for Zipf 1.0.</param>
    public Spread(int keys, double exponent)
    {
        _upTo = new double[keys];
        double sum = 0;
        for (int i = 0; i < keys; i++)
            _upTo[i] = sum += Math.Pow(i + 1, -exponent);
        for (int i = 0; i < keys; i++)
            _upTo[i] /= sum;
    }

    public int Count => _upTo.Length;

    /// <summary>The part of all requests that a key has.</summary>
    public double PartOf(int key) => _upTo[key] - (key == 0 ? 0 : _upTo[key - 1]);

    public int Next(Random random)
    {
        int at = Array.BinarySearch(_upTo, random.NextDouble());
        return Math.Min(at < 0 ? ~at : at, _upTo.Length - 1);
    }
}
