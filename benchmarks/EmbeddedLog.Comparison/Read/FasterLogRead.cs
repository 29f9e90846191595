using System.Buffers;
using System.Diagnostics;
using FASTER.core;

namespace EmbeddedLog.Comparison.Read;

/// <summary>A scan with a pool of buffers, because the iterator allocates each record otherwise.</summary>
internal sealed class FasterLogRead : Contender
{
    public override string System => Systems.FasterLog;

    public override string Settings => "read: Scan with a memory pool, committed before";

    public override IReadOnlyList<string> Workloads => ["read-raw"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using ScratchFasterLog scratch = new(directory);
        for (int i = 0; i < scale.Appends; i++)
        {
            scratch.Log.Enqueue(value);
        }

        scratch.Log.Commit(spinWait: true);
        Stopwatch watch = Stopwatch.StartNew();
        long bytes = 0;
        using FasterLogScanIterator scan = scratch.Log.Scan(0, scratch.Log.TailAddress, recover: false);
        while (bytes < (long)scale.Appends * value.Length)
        {
            if (scan.GetNext(MemoryPool<byte>.Shared, out IMemoryOwner<byte> entry, out int length, out _))
            {
                bytes += length;
                entry.Dispose();
            }
            else if (!scan.WaitAsync().AsTask().GetAwaiter().GetResult())
            {
                break;
            }
        }

        return Task.FromResult<double[]>([Rate(scale.Appends, watch.Elapsed)]);
    }
}
