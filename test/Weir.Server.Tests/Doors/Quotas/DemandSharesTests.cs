using CsCheck;

namespace Weir.Server.Tests.Doors.Quotas;

public sealed class DemandSharesTests
{
    [Fact]
    public void Parts_add_up_to_the_total_and_follow_the_wishes() => Gen.Select(
        Gen.Long[0, 1L << 31], Gen.Double[0, 1e6].Array[1, 20]).Sample((total, wishes) =>
    {
        long[] parts = DemandShares.Divide(total, wishes);

        Assert.Equal(wishes.Sum() > 0 ? total : 0, parts.Sum());
        for (int i = 0; i < parts.Length && wishes.Sum() > 0; i++)
            Assert.InRange(parts[i] - (total * wishes[i] / wishes.Sum()), -1.01, 1.01);
    });

    [Fact]
    public void A_wish_of_nothing_gets_nothing() => Assert.Equal([0, 3, 0], DemandShares.Divide(3, [0, 0.5, 0]));
}
