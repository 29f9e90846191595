using System.Diagnostics;

namespace EmbeddedLog.Comparison.Batch;

/// <summary>The bytes of a batch copied at once, with one CRC32C, into fresh preallocated maps.</summary>
internal sealed unsafe class MapLimitBatch : Contender
{
    /// <summary>
    /// The bytes of a record in a batch: flags, offset, key and value length, each one byte, and the value.
    /// </summary>
    private const int RecordBytes = 4 + Scale.ValueBytes;

    public override string System => Systems.Limit;

    public override string Settings => "batches: one copy and one CRC32C, otherwise the same";

    public override IReadOnlyList<string> Workloads => ["append-batch"];

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] body = new byte[RecordBytes * Scale.BatchRecords];
        new Random(1).NextBytes(body);
        int length = RawSegments.FrameHeaderBytes + 8 + body.Length;
        int batches = scale.Appends / Scale.BatchRecords;
        using RawSegments segments = new(directory, smallPages: false);
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < batches; i++)
        {
            byte* frame = segments.Begin((length + 7) & -8);
            new Span<byte>(frame + 8, RawSegments.FrameHeaderBytes).Fill(1);
            body.CopyTo(new Span<byte>(frame + RawSegments.FrameHeaderBytes + 8, body.Length));
            segments.Commit(frame, length);
        }

        TimeSpan appended = watch.Elapsed;
        segments.Flush();
        return Task.FromResult<double[]>([Rate((long)batches * Scale.BatchRecords, appended)]);
    }
}
