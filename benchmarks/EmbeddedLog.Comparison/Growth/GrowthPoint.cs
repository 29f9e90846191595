using System.Globalization;

namespace EmbeddedLog.Comparison.Growth;

/// <summary>A log of a certain size.</summary>
/// <param name="Axis">What grows: records, partitions or segments.</param>
/// <param name="Size">Their number.</param>
/// <param name="Records">The records in all.</param>
/// <param name="Partitions">The number of partitions.</param>
/// <param name="SegmentBytes">The size of a segment.</param>
internal sealed record GrowthPoint(string Axis, long Size, long Records, int Partitions, int SegmentBytes)
{
    private const int DefaultSegmentBytes = 64 << 20;

    /// <summary>A record's frame.</summary>
    private const int FrameBytes = 128;

    /// <summary>The bytes of a segment beside frames: its header and room for its seal.</summary>
    private const int SegmentOverheadBytes = 4096 + 128;

    private const long HugeRecords = 100_000_000;

    private static readonly long[] s_records = [1_000_000, 10_000_000, HugeRecords];
    private static readonly int[] s_partitions = [1, 16, 256, 4096];
    private static readonly int[] s_segments = [1, 100, 1000, 10_000];

    /// <summary>The name, as on the command line and in the file of results.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"growth-{Axis}-{Size}");

    /// <summary>All sizes, with the largest log only if requested.</summary>
    public static GrowthPoint[] All(bool huge) =>
    [
        .. from records in s_records
           where huge || records < HugeRecords
           select new GrowthPoint("records", records, records, 1, DefaultSegmentBytes),
        .. from partitions in s_partitions
           select new GrowthPoint("partitions", partitions, 1_000_000, partitions, DefaultSegmentBytes),
        .. s_segments.Select(OfSegments),
    ];

    /// <summary>The arguments of the process that makes the log.</summary>
    public string[] ToArguments() =>
    [
        Axis,
        .. new[] { Size, Records, Partitions, SegmentBytes }
            .Select(number => number.ToString(CultureInfo.InvariantCulture)),
    ];

    public static GrowthPoint Parse(ReadOnlySpan<string> arguments) => new(
        arguments[0],
        long.Parse(arguments[1], CultureInfo.InvariantCulture),
        long.Parse(arguments[2], CultureInfo.InvariantCulture),
        int.Parse(arguments[3], CultureInfo.InvariantCulture),
        int.Parse(arguments[4], CultureInfo.InvariantCulture));

    /// <summary>The same records in more and more segments, down to the smallest allowed size.</summary>
    private static GrowthPoint OfSegments(int segments)
    {
        const int MinSegmentBytes = 16 << 10;
        const int MaxSegments = 10_000;
        const int FramesInTheSmallest = (MinSegmentBytes - SegmentOverheadBytes) / FrameBytes;
        const long Records = (long)FramesInTheSmallest * MaxSegments;
        int frames = (int)(Records / segments);
        return new GrowthPoint("segments", segments, Records, 1, SegmentOverheadBytes + (frames * FrameBytes));
    }
}
