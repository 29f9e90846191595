using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>
/// An append that wakes a waiting consumer, until the consumer has the record and, for the appending thread, waits
/// again.
/// </summary>
[MemoryDiagnoser]
public class WakeUpBenchmarks
{
    private readonly byte[] _value = new byte[100];
    private ScratchLog _scratch = null!;
    private Consumer<string?, byte[]> _consumer = null!;
    private Task _reading = null!;
    private long _read;

    /// <summary>Whether the consumer goes on inside the append.</summary>
    [Params(false, true)]
    public bool Inline { get; set; }

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _scratch = await ScratchLog.OpenAsync();
        _read = 0;
        _consumer = _scratch.Log.CreateConsumer<string?, byte[]>(
            "topic", null, new ConsumerOptions { AllowSynchronousContinuations = Inline });
        _reading = ReadAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _consumer.DisposeAsync();
        await _reading;
        await _scratch.DisposeAsync();
    }

    [Benchmark]
    public void AppendToHands()
    {
        long offset = _scratch.Topic[0].Append(new RawRecord(_value));
        SpinWait spin = default;
        while (Volatile.Read(ref _read) <= offset)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (Record<string?, byte[]> record in _consumer.ReadAllAsync())
            {
                Volatile.Write(ref _read, record.Offset + 1);
            }
        }
        catch (ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
