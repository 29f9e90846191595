using EmbeddedLog.Comparison.Append;
using EmbeddedLog.Comparison.Batch;
using EmbeddedLog.Comparison.Contended;
using EmbeddedLog.Comparison.Durable;
using EmbeddedLog.Comparison.FanOut;
using EmbeddedLog.Comparison.Latency;
using EmbeddedLog.Comparison.Read;
using EmbeddedLog.Comparison.Spread;
using EmbeddedLog.Comparison.Typed;

namespace EmbeddedLog.Comparison;

/// <summary>All contenders, in the order of a round.</summary>
internal static class Contenders
{
    public static IReadOnlyList<Contender> All { get; } =
    [
        new MapLimitAppend(smallPages: false),
        new LogAppend(),
        new MapLimitAppend(smallPages: true),
        new FasterLogAppend(),
        new SqliteAppend(),
        new FileStreamAppend(),
        new LogTypedAppend(),
        new MapLimitBatch(),
        new LogBatch(),
        .. from producers in AppendersAtOnce.ProducerCounts
           from partitions in AppendersAtOnce.PartitionCounts
           select new LogContended(producers, partitions),
        .. from producers in AppendersAtOnce.ProducerCounts select new FasterLogContended(producers),
        new WriteLimitDurable(),
        new LogDurable(),
        new FasterLogDurable(),
        new SqliteDurable(),
        new FileStreamDurable(),
        .. from inFlight in ManyInFlight.Counts
           from contender in new Contender[] { new LogDurableMany(inFlight), new FasterLogDurableMany(inFlight) }
           select contender,
        .. from partitions in SpreadFiles.Counts
           from contender in new Contender[] { new LogSpread(partitions), new RawSpread(partitions) }
           select contender,
        new MapLimitRead(),
        new LogRead(),
        new FasterLogRead(),
        new LogTypedRead(),
        new SqliteTypedRead(),
        new ChannelTypedRead(),
        new LogLatency(Durability.Written, inline: false),
        new ChannelLatency(inline: false),
        new LogLatency(Durability.Written, inline: true),
        new ChannelLatency(inline: true),
        new LogLatency(Durability.Flushed, inline: false),
        new LogFanOut(),
        new ChannelFanOut(),
        new KafkaShape(),
    ];
}
