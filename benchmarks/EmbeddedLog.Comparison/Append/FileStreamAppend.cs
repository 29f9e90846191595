using System.Buffers.Binary;
using System.Diagnostics;

namespace EmbeddedLog.Comparison.Append;

/// <summary>A hand-written log: a length and the bytes, through a buffer.</summary>
internal sealed class FileStreamAppend : Contender
{
    public override string System => Systems.FileStream;

    public override string Settings =>
        "length and value, no checksum; appends through a buffer of 64 KiB, which a kill would lose";

    public override IReadOnlyList<string> Workloads => ["append-raw", "append-raw-final"];

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using FileStream file = new(
            Path.Combine(directory, "file"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 << 10);
        Span<byte> length = stackalloc byte[sizeof(int)];
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < scale.Appends; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            file.Write(length);
            file.Write(value);
        }

        file.Flush();
        TimeSpan appended = watch.Elapsed;
        Posix.Flush(file.SafeFileHandle);
        return Task.FromResult<double[]>([Rate(scale.Appends, appended), Rate(scale.Appends, watch.Elapsed)]);
    }
}
