using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Reads the reply of <c>take.lua</c>, as its header says.</summary>
internal static class TakeReply
{
    private const int Fields = 4;

    public static BucketAnswer Read(RespResult reply)
    {
        var reader = reply.Read();
        if (!reader.IsAggregate || reader.AggregateLength() != Fields)
            return BucketAnswer.Failed(StoreFault.Refusing);
        reader.MoveNext();
        var outcome = (BucketOutcome)reader.ReadInt32();
        reader.MoveNext();
        long spent = reader.ReadInt64();
        reader.MoveNext();
        long at = reader.ReadInt64();
        reader.MoveNext();
        return new BucketAnswer(outcome, new BucketState(spent, at), reader.ReadInt64(), DecisionSource.Redis);
    }
}
