using BenchmarkDotNet.Attributes;

namespace EmbeddedLog.Benchmarks;

/// <summary>Reads of 100-byte values at the level of bytes, without a copy, every checksum checked.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private const int Records = 1_000_000;

    private static readonly DateTimeOffset s_start =
        TimeProvider.System.GetUtcNow() - TimeSpan.FromMilliseconds(Records);

    private ScratchLog _scratch = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _scratch = await ScratchLog.OpenAsync();
        byte[] value = new byte[100];
        for (int i = 0; i < Records; i++)
        {
            long timestamp = s_start.ToUnixTimeMilliseconds() + i;
            _scratch.Topic[0].Append(new RawRecord(value) { Timestamp = timestamp });
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

    [Benchmark]
    public long? SeekByTime() => _scratch.Topic[0].FindOffset(s_start + TimeSpan.FromMilliseconds(Records / 2));
}
