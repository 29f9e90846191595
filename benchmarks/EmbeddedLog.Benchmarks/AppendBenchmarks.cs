using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>Appends of 100-byte values at the level of bytes, one thread, while the background flush runs.</summary>
[MemoryDiagnoser]
public class AppendBenchmarks
{
    private const int Records = 1_000_000;
    private const int PerBatch = 100;

    private readonly byte[] _value = new byte[100];
    private readonly RecordBatch _batch = new();
    private ScratchLog _scratch = null!;

    [IterationSetup]
    public void Open()
    {
        _scratch = ScratchLog.OpenAsync().GetAwaiter().GetResult();
        _batch.Clear();
        for (int i = 0; i < PerBatch; i++)
        {
            _batch.Add(new RawRecord(_value));
        }
    }

    [IterationCleanup]
    public void Close() => _scratch.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(OperationsPerInvoke = Records)]
    public void AppendOne()
    {
        OwnedPartition partition = _scratch.Topic[0];
        for (int i = 0; i < Records; i++)
        {
            partition.Append(new RawRecord(_value));
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void AppendBatchOf100()
    {
        OwnedPartition partition = _scratch.Topic[0];
        for (int i = 0; i < Records / PerBatch; i++)
        {
            partition.AppendBatch(_batch);
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task AppendOneAndFlushAtTheEnd()
    {
        AppendOne();
        await _scratch.Topic[0].FlushAsync();
    }
}
