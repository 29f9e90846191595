using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>Reads of 100-byte values at the level of bytes, without a copy, every checksum checked.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private const int Records = 1_000_000;

    private ScratchLog _scratch = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _scratch = await ScratchLog.OpenAsync();
        byte[] value = new byte[100];
        for (int i = 0; i < Records; i++)
        {
            _scratch.Topic[0].Append(new RawRecord(value));
        }
    }

    [GlobalCleanup]
    public async Task CloseAsync() => await _scratch.DisposeAsync();

    [Benchmark(OperationsPerInvoke = Records)]
    public long Scan()
    {
        long bytes = 0;
        using PartitionScan scan = _scratch.Topic[0].Scan(0);
        while (scan.TryRead(out RecordView record))
        {
            bytes += record.Value.Length;
        }

        return bytes;
    }

    [Benchmark]
    public long SeekByOffset()
    {
        using PartitionScan scan = _scratch.Topic[0].Scan(Records / 2);
        return scan.TryRead(out RecordView record) ? record.Offset : -1;
    }
}
