namespace EmbeddedLog.Comparison;

/// <summary>A kind of work, and how its figures are to be read.</summary>
/// <param name="Name">The name, as on the command line and in the file of results.</param>
/// <param name="Title">What is done.</param>
/// <param name="Unit"><c>records/s</c>, of which more is better, or <c>us</c>, of which less is.</param>
internal sealed record Workload(string Name, string Title, string Unit)
{
    public const string Records = "records/s";
    public const string Microseconds = "us";

    /// <summary>All workloads, in the order of the table.</summary>
    public static IReadOnlyList<Workload> All { get; } =
    [
        new("append-raw", "one thread appends, written, to the last append", Records),
        new("append-raw-final", "the same, to the end of a final flush", Records),
        new("append-typed", "Producer<string, byte[]>, fire and forget, to the last call", Records),
        new("append-batch", "one thread appends batches of 100, written", Records),
        new("durable-1", "append and wait until flushed, one in flight, median", Microseconds),
        new("durable-1-p99", "the same, 99th percentile", Microseconds),
        new("durable-16", "append and wait until flushed, 16 in flight", Records),
        new("durable-256", "append and wait until flushed, 256 in flight", Records),
        new("durable-4096", "append and wait until flushed, 4,096 in flight", Records),
        new("read-raw", "one thread reads all records from the page cache", Records),
    ];

    /// <summary>How many times better a figure is than another.</summary>
    public double Ratio(double figure, double other) => Unit == Records ? figure / other : other / figure;
}
