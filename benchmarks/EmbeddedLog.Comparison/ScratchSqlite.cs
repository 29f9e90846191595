using Microsoft.Data.Sqlite;

namespace EmbeddedLog.Comparison;

/// <summary>A table as a queue, with a statement that was prepared once.</summary>
internal sealed class ScratchSqlite : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;

    /// <summary>Opens a database.</summary>
    /// <param name="directory">Where to put it.</param>
    /// <param name="synchronous">FULL, where each commit is on the disk, or NORMAL, where it is in the page
    /// cache.</param>
    public ScratchSqlite(string directory, string synchronous)
    {
        _connection = new SqliteConnection($"Data Source={Path.Combine(directory, "sqlite.db")};Pooling=False");
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=" + synchronous);
        Execute("CREATE TABLE queue(id INTEGER PRIMARY KEY, value BLOB NOT NULL)");
        _insert = _connection.CreateCommand();
        _insert.CommandText = "INSERT INTO queue(value) VALUES (@value)";
        _insert.Parameters.Add("@value", SqliteType.Blob).Value = Scale.NewValue();
        _insert.Prepare();
    }

    public SqliteTransaction Begin()
    {
        SqliteTransaction transaction = _connection.BeginTransaction();
        _insert.Transaction = transaction;
        return transaction;
    }

    public void Insert() => _insert.ExecuteNonQuery();

    public void Execute(string text)
    {
        using SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The text is a constant of this program.
        command.CommandText = text;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }
}
