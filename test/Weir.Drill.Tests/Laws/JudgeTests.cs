using Weir.Drill.Tests.Faults;

namespace Weir.Drill.Tests.Laws;

/// <summary>Planted logs: what is over is found by the law that it breaks, and what is fair is not. The outage is from 10 s to 20 s, the bucket 20 tokens and 10 a second.</summary>
public sealed class JudgeTests
{
    private static readonly Fault CutOff = Vocabulary.CutOff(3, TimeSpan.Zero);

    [Fact]
    public void L1_one_token_over_in_calm_is_found()
    {
        var verdict = new PlantedDrill().Admit(1, 20).Admit(2, 11).Verdict();

        Assert.Equal((1, 1, 1), (verdict.ByRedis.TokensOver, verdict.UntilHealed.TokensOver, verdict.Throughout.TokensOver));
        Assert.True(new PlantedDrill().Admit(1, 20).Admit(2, 10).Verdict().Throughout.Holds);
    }

    [Fact]
    public void L7_a_share_of_everything_at_each_instance_is_fair_after_a_burst_that_Redis_saw()
    {
        var drill = new PlantedDrill().Admit(9.9, 20).AdmitAtEach(10.1, 5);
        for (int i = 2; i < 20; i += 2)
            drill.AdmitAtEach(10.1 + (i / 2.0), 2);

        Assert.True(drill.Verdict().UntilHealed.Holds);
    }

    [Fact]
    public void L7_the_whole_limit_at_each_instance_is_found()
    {
        var verdict = new PlantedDrill().AdmitAtEach(11, 20).AdmitAtEach(12, 10).Verdict();

        Assert.True(verdict.ByRedis.Holds);
        Assert.Equal((20 + 10) * 3, verdict.UntilHealed.TokensOver);
    }

    [Fact]
    public void L7_one_token_over_in_an_outage_is_found_and_so_are_two_bursts()
    {
        Assert.Equal(1, new PlantedDrill().AdmitAtEach(12, 5).Admit(12, 1, 0, alone: true).Verdict().UntilHealed.TokensOver);
        Assert.Equal(19, new PlantedDrill().AdmitAtEach(12, 5).AdmitAtEach(12.1, 5).Verdict().UntilHealed.TokensOver);
    }

    [Fact]
    public void L7_a_burst_that_is_handed_out_again_while_instances_find_back_is_found_beyond_the_end_only()
    {
        var verdict = new PlantedDrill().AdmitAtEach(19.9, 5).Admit(20.1, 20).AdmitAtEach(20.2, 5).Verdict();

        Assert.True(verdict.ByRedis.Holds && verdict.UntilHealed.Holds);
        // 60, of which are allowed a burst, what refills, and three shares of both while all but one find back.
        Assert.Equal(21, verdict.Throughout.TokensOver);
    }

    [Fact]
    public void L7_what_Redis_does_not_know_of_an_outage_is_seen_by_what_it_says_is_left()
    {
        Assert.Equal(7, new PlantedDrill().AdmitAtEach(19.999, 5).Read(21, 20).Verdict().Readings.TokensOver);
        Assert.Equal(1, new PlantedDrill().AdmitAtEach(19.999, 5).Read(21, 14).Verdict().Readings.TokensOver);
        Assert.True(new PlantedDrill().AdmitAtEach(19.999, 5).Read(21, 13).Verdict().Readings.Holds);
    }

    [Fact]
    public void L7_a_partial_partition_allows_a_quarter_more_and_no_token_beyond()
    {
        Assert.True(new PlantedDrill(CutOff).Admit(15, 20).Admit(15, 5, 3, alone: true).Verdict().UntilHealed.Holds);
        Assert.Equal(1, new PlantedDrill(CutOff).Admit(15, 20).Admit(15, 6, 3, alone: true).Verdict().UntilHealed.TokensOver);
    }

    [Fact]
    public void L7_where_there_are_fewer_tokens_than_instances_each_has_one()
    {
        Assert.True(new PlantedDrill(tenant: "tiny").AdmitAtEach(15, 1).Verdict().UntilHealed.Holds);
        Assert.Equal(4, new PlantedDrill(tenant: "tiny").AdmitAtEach(15, 2).Verdict().UntilHealed.TokensOver);
    }

    [Fact]
    public void L7_a_window_is_held_to_its_limit_within_its_edges()
    {
        Assert.True(new PlantedDrill(tenant: "daily").AdmitAtEach(15, 5).Admit(61, 20).Verdict().Throughout.Holds);
        Assert.Equal(1, new PlantedDrill(tenant: "daily").AdmitAtEach(15, 5).Admit(16, 1, 0, alone: true).Verdict().UntilHealed.TokensOver);
        Assert.Equal(15, new PlantedDrill(tenant: "daily").AdmitAtEach(15, 5).Read(21, 15).Verdict().Readings.TokensOver);
    }

    [Fact]
    public void A_decision_alone_without_a_fault_is_in_no_law()
    {
        var verdict = new PlantedDrill().Admit(1, 20).Admit(1, 5, 2, alone: true).Verdict();

        Assert.Equal(25, verdict.Admitted);
        Assert.True(verdict.Throughout.Holds);
    }
}
