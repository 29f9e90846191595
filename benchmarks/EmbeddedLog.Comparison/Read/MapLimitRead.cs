using System.Diagnostics;
using System.Numerics;
using EmbeddedLog.Comparison.Append;

namespace EmbeddedLog.Comparison.Read;

/// <summary>A walk over mapped frames that checks the CRC32C of each.</summary>
internal sealed unsafe class MapLimitRead : Contender
{
    public override string System => Systems.Limit;

    public override string Settings => "read: a walk over the mapped frames with CRC32C";

    public override IReadOnlyList<string> Workloads => ["read-raw"];

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using RawSegments segments = new(directory, smallPages: false);
        for (int i = 0; i < scale.Appends; i++)
        {
            MapLimitAppend.Append(segments, value, i);
        }

        segments.Flush();
        Stopwatch watch = Stopwatch.StartNew();
        long left = scale.Appends;
        foreach (nint map in segments.Maps)
        {
            left -= Walk((byte*)map, left);
        }

        return Task.FromResult<double[]>([Rate(scale.Appends, watch.Elapsed)]);
    }

    private static long Walk(byte* map, long atMost)
    {
        long count = 0;
        long position = 0;
        while (count < atMost && position < RawSegments.SegmentBytes)
        {
            byte* frame = map + position;
            int length = (int)Volatile.Read(ref *(uint*)frame);
            if (length == 0)
            {
                break;
            }

            int padded = (length + 7) & -8;
            uint crc = BitOperations.Crc32C(uint.MaxValue, (ulong)position);
            for (byte* at = frame + 8; at < frame + padded; at += 8)
            {
                crc = BitOperations.Crc32C(crc, *(ulong*)at);
            }

            if (~crc != *(uint*)(frame + 4))
            {
                throw new InvalidDataException($"The frame at {position} is damaged.");
            }

            position += padded;
            count++;
        }

        return count;
    }
}
