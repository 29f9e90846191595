using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace EmbeddedLog.Comparison.Typed;

internal sealed class SqliteTypedRead : Contender
{
    public override string System => Systems.Sqlite;

    public override string Settings =>
        "read: one SELECT in the order of the key, a batch every 1,000, the position stored on a second connection";

    public override IReadOnlyList<string> Workloads => ["read-typed"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        int count = scale.SlowAppends;
        using ScratchSqlite scratch = new(directory, "NORMAL");
        Fill(scratch, count);
        using SqliteConnection second = scratch.Connect();
        using SqliteCommand commit = second.CreateCommand();
        commit.CommandText = "UPDATE position SET next = @next";
        SqliteParameter next = commit.Parameters.Add("@next", SqliteType.Integer);
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan committed = TimeSpan.Zero;
        using SqliteCommand select = scratch.CreateCommand("SELECT id, key, value FROM keyed ORDER BY id");
        using SqliteDataReader reader = select.ExecuteReader();
        List<(long Id, string Key, byte[] Value)> batch = new(TypedRecords.BatchRecords);
        long bytes = 0;
        while (reader.Read())
        {
            batch.Add((reader.GetInt64(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
            if (batch.Count < TypedRecords.BatchRecords)
            {
                continue;
            }

            foreach ((_, string key, byte[] value) in batch)
            {
                bytes += key.Length + value.Length;
            }

            if (watch.Elapsed - committed >= TypedRecords.CommitInterval)
            {
                next.Value = batch[^1].Id + 1;
                commit.ExecuteNonQuery();
                committed = watch.Elapsed;
            }

            batch.Clear();
        }

        TypedRecords.Check(bytes);
        return Task.FromResult<double[]>([Rate(count, watch.Elapsed)]);
    }

    private static void Fill(ScratchSqlite scratch, int count)
    {
        scratch.Execute("CREATE TABLE position(next INTEGER NOT NULL)");
        scratch.Execute("INSERT INTO position VALUES (0)");
        scratch.Execute("CREATE TABLE keyed(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL)");
        using SqliteTransaction transaction = scratch.Begin();
        using SqliteCommand insert = scratch.CreateCommand("INSERT INTO keyed(key, value) VALUES (@key, @value)");
        insert.Transaction = transaction;
        insert.Parameters.Add("@key", SqliteType.Text).Value = TypedRecords.Key;
        insert.Parameters.Add("@value", SqliteType.Blob).Value = Scale.NewValue();
        for (int i = 0; i < count; i++)
        {
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
        scratch.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}
