using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EmbeddedLog.Comparison.Append;

internal sealed class SqliteAppend : Contender
{
    private const int PerTransaction = 1000;

    public override string System => Systems.Sqlite;

    public override string Settings =>
        "WAL; appends in transactions of 1,000 with synchronous=NORMAL, then a full checkpoint as the final flush";

    public override IReadOnlyList<string> Workloads => ["append-raw", "append-raw-final"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        using ScratchSqlite scratch = new(directory, "NORMAL");
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.SlowAppends; i += PerTransaction)
        {
            using SqliteTransaction transaction = scratch.Begin();
            for (int j = 0; j < PerTransaction; j++)
            {
                scratch.Insert();
            }

            transaction.Commit();
        }

        TimeSpan appended = watch.Elapsed;
        scratch.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        return Task.FromResult<double[]>(
            [Rate(scale.SlowAppends, appended), Rate(scale.SlowAppends, watch.Elapsed)]);
    }
}
