using System.Text;
using System.Text.Json;

namespace OrdersService;

/// <summary>
/// All bills, in a file of lines. In place of a database: what counts is that a bill is added once for each order.
/// </summary>
internal sealed class Bills : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _ids = [];
    private readonly List<Bill> _bills = [];
    private readonly FileStream _file;

    public Bills(IConfiguration configuration, IHostEnvironment environment)
    {
        string path = Path.Combine(environment.ContentRootPath, configuration["Bills"] ?? "data/bills.jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        Load();
    }

    /// <summary>Adds a bill, unless its order has one.</summary>
    public void Add(Bill bill)
    {
        lock (_gate)
        {
            if (_ids.Contains(bill.OrderId))
            {
                return;
            }

            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(bill, OrderJson.Default.Bill), (byte)'\n']);
            _file.Flush();
            _ids.Add(bill.OrderId);
            _bills.Add(bill);
        }
    }

    /// <summary>The bills of a customer, in the order in which they were added.</summary>
    public IReadOnlyList<Bill> Of(string customer)
    {
        lock (_gate)
        {
            return [.. _bills.Where(bill => bill.Customer == customer)];
        }
    }

    public void Dispose() => _file.Dispose();

    private void Load()
    {
        byte[] all = new byte[_file.Length];
        _file.ReadExactly(all);

        // What a crash has left of a line goes: its order was not finished, and comes again.
        int end = all.AsSpan().LastIndexOf((byte)'\n') + 1;
        foreach (string line in Encoding.UTF8.GetString(all, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Bill bill = JsonSerializer.Deserialize(line, OrderJson.Default.Bill)!;
            _ids.Add(bill.OrderId);
            _bills.Add(bill);
        }

        _file.SetLength(end);
        _file.Position = end;
    }
}
