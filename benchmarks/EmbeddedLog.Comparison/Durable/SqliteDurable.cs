namespace EmbeddedLog.Comparison.Durable;

internal sealed class SqliteDurable : Contender
{
    public override string System => Systems.Sqlite;

    public override string Settings => "durable: a transaction for each insert with synchronous=FULL";

    public override IReadOnlyList<string> Workloads => ["durable-1", "durable-1-p99"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        using ScratchSqlite scratch = new(directory, "FULL");
        return Task.FromResult(Percentiles.Time(scale.Durable, scratch.Insert));
    }
}
