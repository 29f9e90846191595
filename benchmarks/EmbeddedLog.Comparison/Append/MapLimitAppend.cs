using System.Diagnostics;

namespace EmbeddedLog.Comparison.Append;

/// <summary>A copy and a CRC32C into fresh preallocated maps.</summary>
internal sealed unsafe class MapLimitAppend(bool smallPages) : Contender
{
    private const int Length = RawSegments.FrameHeaderBytes + 1 + Scale.ValueBytes;

    public override string System => smallPages ? Systems.LimitSmallPages : Systems.Limit;

    public override string Settings => smallPages
        ? "copy and CRC32C into fresh preallocated 64 MiB maps, MADV_RANDOM; flushed every second and at each end"
        : "copy and CRC32C into fresh preallocated 64 MiB maps, MADV_HUGEPAGE, populated 2 MiB ahead; flushed likewise";

    public override IReadOnlyList<string> Workloads => ["append-raw", "append-raw-final"];

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using RawSegments segments = new(directory, smallPages);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            Append(segments, value, i);
        }

        TimeSpan appended = watch.Elapsed;
        segments.Flush();
        return Task.FromResult<double[]>([Rate(scale.Appends, appended), Rate(scale.Appends, watch.Elapsed)]);
    }

    /// <summary>Appends a frame of the size that the log's has.</summary>
    public static void Append(RawSegments segments, byte[] value, long number)
    {
        const int Padded = (Length + 7) & -8;
        byte* frame = segments.Begin(Padded);
        *(ulong*)(frame + Padded - 8) = 0;
        *(long*)(frame + 8) = number;
        *(long*)(frame + 16) = 1;
        frame[24] = 0;
        value.CopyTo(new Span<byte>(frame + 25, value.Length));
        segments.Commit(frame, Length);
    }
}
