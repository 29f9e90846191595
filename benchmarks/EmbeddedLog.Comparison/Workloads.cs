using EmbeddedLog.Comparison.Contended;
using EmbeddedLog.Comparison.Durable;
using EmbeddedLog.Comparison.Spread;

namespace EmbeddedLog.Comparison;

/// <summary>All workloads with their targets.</summary>
internal static class Workloads
{
    /// <summary>All workloads, in the order of the table.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new(
            "append-raw",
            "one thread appends, written, to the last append",
            Workload.Records,
            Target.TimesTheTimeOf(Systems.Limit, 1.3),
            Target.TimesAsGoodAs(Systems.FasterLog, 1.5),
            Target.TimesAsGoodAs(Systems.Sqlite, 20)),
        new(
            "append-raw-final",
            "the same, to the end of a final flush",
            Workload.Records,
            Target.TimesTheTimeOf(Systems.Limit, 1.3),
            Target.TimesAsGoodAs(Systems.FasterLog, 1.5),
            Target.TimesAsGoodAs(Systems.Sqlite, 20)),
        new(
            "append-typed",
            "Producer<string, byte[]>, fire and forget, to the last call",
            Workload.Records,
            Target.TimesOwn("append-raw", 0.7)),
        new(
            "append-batch",
            "one thread appends batches of 100, written",
            Workload.Records,
            Target.TimesTheTimeOf(Systems.Limit, 1.3),
            Target.TimesOwn("append-raw", 1.15)),
        .. AppendContended(),
        new(
            "durable-1",
            "append and wait until flushed, one in flight, median",
            Workload.Microseconds,
            Target.TimesTheTimeOf(Systems.Limit, 1.3)),
        new(
            "durable-1-p99",
            "the same, 99th percentile",
            Workload.Microseconds,
            Target.TimesTheTimeOf(Systems.Limit, 3)),
        .. DurableMany(),
        .. DurableSpread(),
        new(
            "read-raw",
            "one thread reads all records from the page cache, without a copy",
            Workload.Records,
            Target.TimesTheTimeOf(Systems.Limit, 1.5),
            Target.TimesAsGoodAs(Systems.FasterLog, 3)),
        new(
            "read-typed",
            "Consumer<string, byte[]>, batches, a commit every 100 ms",
            Workload.Records,
            Target.AtLeastRate(10e6),
            Target.TimesAsGoodAs(Systems.Sqlite, 4)),
        .. Latency("written", "pool", "woken through the thread pool", 30, 150),
        .. Latency("written", "inline", "woken on the producer's stack", 5, 50),
        .. Latency("flushed", "pool", "and the producer has its acknowledgement", 0, 0),
        new(
            "fan-out",
            "one producer, 20 groups reading at once, records read in total",
            Workload.Records,
            Target.AtLeastRate(15e6)),
        new(
            "kafka-shape",
            "10 producers, 4 partitions, 20 groups, 20 B to 64 KiB, records read in total",
            Workload.Records),
        new(
            "kafka-shape-cpu",
            "the same: processor time a record read, which is seconds a million",
            Workload.Microseconds),
    ];

    private static IEnumerable<Workload> AppendContended()
    {
        foreach (int partitions in AppendersAtOnce.PartitionCounts)
        {
            string one = AppendersAtOnce.Name(1, partitions);
            foreach (int producers in AppendersAtOnce.ProducerCounts)
            {
                Target target = (producers, partitions) is (2, 1) ? Target.TimesOwn(one, 0.8) : Target.PrintedWith(one);
                yield return new Workload(
                    AppendersAtOnce.Name(producers, partitions),
                    $"written; threads: {producers}; partitions: {partitions}",
                    Workload.Records,
                    producers == 1 ? [] : [target]);
            }
        }
    }

    private static IEnumerable<Workload> DurableMany() =>
        from inFlight in ManyInFlight.Counts
        select new Workload(
            ManyInFlight.Name(inFlight),
            $"append and wait until flushed, {inFlight} in flight on one partition",
            Workload.Records,
            inFlight == 4096
                ? [Target.AtLeastRate(1.5e6), Target.TimesOwn("durable-1", 150)]
                : []);

    private static IEnumerable<Workload> DurableSpread() =>
        from partitions in SpreadFiles.Counts
        select new Workload(
            SpreadFiles.Name(partitions),
            $"append and wait until flushed, {SpreadFiles.InFlight} in flight over {partitions} partitions",
            Workload.Records,
            Target.TimesAsGoodAs(Systems.SerialFlush, 1),
            Target.TimesAsGoodAs(Systems.FlusherPool, 1),
            Target.TimesAsGoodAs(Systems.SyncFileSystem, 1));

    private static IEnumerable<Workload> Latency(string level, string way, string title, double median, double p99)
    {
        string name = $"latency-{level}-{way}";
        yield return new Workload(
            name,
            $"from the produce of an idle system to the consumer's hands, {level}, {title}, median",
            Workload.Microseconds,
            median > 0 ? [Target.AtMostMicroseconds(median)] : []);
        yield return new Workload(
            name + "-p99",
            "the same, 99th percentile",
            Workload.Microseconds,
            p99 > 0 ? [Target.AtMostMicroseconds(p99)] : []);
    }
}
