using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>The typed producer and the typed consumer, 100-byte values and keys of six characters.</summary>
[MemoryDiagnoser]
public class TypedBenchmarks
{
    private const int Records = 500_000;
    private const int PerBatch = 1000;
    private const string Key = "site-7";

    private readonly byte[] _value = new byte[100];
    private ScratchLog _scratch = null!;
    private Producer<string, byte[]> _producer = null!;
    private Consumer<string, byte[]> _consumer = null!;

    [IterationSetup(Target = nameof(TryProduce))]
    public void Open()
    {
        _scratch = ScratchLog.OpenAsync().GetAwaiter().GetResult();
        _producer = _scratch.Log.CreateProducer<string, byte[]>("topic");
        _consumer = _scratch.Log.CreateConsumer<string, byte[]>("topic", "group");
    }

    [IterationSetup(Targets = [nameof(ConsumeInBatches), nameof(ConsumeOneByOne)])]
    public void OpenAndFill()
    {
        Open();
        TryProduce();
    }

    [IterationCleanup]
    public void Close()
    {
        _consumer.Dispose();
        _producer.Dispose();
        _scratch.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public void TryProduce()
    {
        for (int i = 0; i < Records; i++)
        {
            while (!_producer.TryProduce(Key, _value, out _))
            {
                _producer.WaitToProduceAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task<long> ConsumeInBatches()
    {
        long count = 0;
        await foreach (IReadOnlyList<Record<string, byte[]>> batch in _consumer.ReadBatchesAsync(PerBatch))
        {
            count += batch.Count;
            if (count >= Records)
            {
                break;
            }
        }

        return count;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task<long> ConsumeOneByOne()
    {
        long count = 0;
        await foreach (Record<string, byte[]> record in _consumer.ReadToEndAsync())
        {
            count += record.Value.Length;
        }

        return count;
    }
}
