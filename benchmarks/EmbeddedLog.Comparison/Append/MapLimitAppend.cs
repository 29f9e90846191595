using System.Diagnostics;
using System.Numerics;

namespace EmbeddedLog.Comparison.Append;

/// <summary>A copy and a CRC32C into fresh preallocated maps.</summary>
internal sealed unsafe class MapLimitAppend(bool smallPages) : Contender
{
    private const int Length = RawSegments.FrameHeaderBytes + 1 + Scale.ValueBytes;

    public override string System => smallPages ? Systems.LimitSmallPages : Systems.Limit;

    public override string Settings => smallPages
        ? "copy and CRC32C into fresh preallocated 64 MiB maps, MADV_RANDOM; flushed every second and at each end"
        : "copy and CRC32C into fresh preallocated 64 MiB maps, MADV_HUGEPAGE, populated ahead by another thread; "
            + "flushed likewise";

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

    /// <summary>Appends a frame of the same size as in the log.</summary>
    public static void Append(RawSegments segments, byte[] value, long number)
    {
        const int Padded = (Length + 7) & -8;
        byte* frame = segments.Begin(Padded);
        *(ulong*)(frame + Padded - 8) = 0;
        *(long*)(frame + 8) = number;
        *(long*)(frame + 16) = 1;
        frame[24] = 0;
        value.CopyTo(new Span<byte>(frame + RawSegments.FrameHeaderBytes + 1, value.Length));

        // Over the source, not over the bytes just stored, which would first have to reach the cache.
        uint crc = BitOperations.Crc32C(segments.BeginChecksum(), (ulong)number);
        crc = BitOperations.Crc32C(BitOperations.Crc32C(crc, 1UL), (byte)0);
        fixed (byte* source = value)
        {
            int words = value.Length & -8;
            for (int at = 0; at < words; at += sizeof(ulong))
            {
                crc = BitOperations.Crc32C(crc, *(ulong*)(source + at));
            }

            for (int at = words; at < value.Length; at++)
            {
                crc = BitOperations.Crc32C(crc, source[at]);
            }
        }

        for (int at = Length; at < Padded; at++)
        {
            crc = BitOperations.Crc32C(crc, (byte)0);
        }

        segments.Commit(frame, Length, crc);
    }
}
