using Microsoft.Data.Sqlite;

namespace EmbeddedLog.Comparison;

/// <summary>A table as a queue, with a statement that was prepared once.</summary>
internal sealed class ScratchSqlite : IDisposable
{
    private readonly string _source;
    private readonly string _synchronous;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;

    /// <summary>Opens a database.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="synchronous">FULL: each commit is on the disk. NORMAL: it is in the page cache.</param>
    public ScratchSqlite(string directory, string synchronous)
    {
        _source = $"Data Source={Path.Combine(directory, "sqlite.db")};Pooling=False";
        _synchronous = synchronous;
        _connection = Connect();
        Execute("PRAGMA journal_mode=WAL");
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

    /// <summary>Opens another connection to the database.</summary>
    public SqliteConnection Connect()
    {
        SqliteConnection connection = new(_source);
        connection.Open();
        using SqliteCommand command = CreateCommand("PRAGMA synchronous=" + _synchronous, connection);
        command.ExecuteNonQuery();
        return connection;
    }

    public SqliteCommand CreateCommand(string text) => CreateCommand(text, _connection);

    public void Execute(string text)
    {
        using SqliteCommand command = CreateCommand(text);
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _insert.Dispose();
        _connection.Dispose();
    }

    private static SqliteCommand CreateCommand(string text, SqliteConnection connection)
    {
        SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The text is a constant of this program.
        command.CommandText = text;
#pragma warning restore CA2100
        return command;
    }
}
