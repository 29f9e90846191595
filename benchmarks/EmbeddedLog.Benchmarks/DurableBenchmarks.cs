using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>Appends of 100-byte values that are on the disk when they are acknowledged.</summary>
[MemoryDiagnoser]
public class DurableBenchmarks
{
    private const int Acknowledged = 16_384;

    private readonly byte[] _value = new byte[100];
    private ScratchLog _scratch = null!;

    /// <summary>How many appends wait for their acknowledgement at once.</summary>
    [Params(1, 16, 256, 4096)]
    public int InFlight { get; set; }

    [GlobalSetup]
    public async Task OpenAsync() => _scratch = await ScratchLog.OpenAsync();

    [GlobalCleanup]
    public async Task CloseAsync() => await _scratch.DisposeAsync();

    [Benchmark(OperationsPerInvoke = Acknowledged)]
    public async Task AppendAndFlush()
    {
        Task[] writers = new Task[InFlight];
        for (int i = 0; i < writers.Length; i++)
        {
            writers[i] = WriteAsync(Acknowledged / InFlight);
        }

        await Task.WhenAll(writers);
    }

    private async Task WriteAsync(int count)
    {
        OwnedPartition partition = _scratch.Topic[0];
        for (int i = 0; i < count; i++)
        {
            long offset = partition.Append(new RawRecord(_value));
            await partition.FlushAsync(offset + 1);
        }
    }
}
