using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Durable;

/// <summary>A positional write of a record into a preallocated file, and fdatasync.</summary>
internal sealed class WriteLimitDurable : Contender
{
    public override string System => Systems.Limit;

    public override string Settings => "durable: pwrite and fdatasync of 128 bytes into a preallocated file";

    public override IReadOnlyList<string> Workloads => ["durable-1", "durable-1-p99"];

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        const int Bytes = 128;
        byte[] frame = new byte[Bytes];
        using SafeFileHandle file = File.OpenHandle(
            Path.Combine(directory, "file"), FileMode.CreateNew, FileAccess.ReadWrite);
        Posix.Allocate(file, 64 << 20);
        long position = 0;
        return Task.FromResult(Percentiles.Time(scale.Durable, () =>
        {
            RandomAccess.Write(file, frame, position);
            Posix.Flush(file);
            position += Bytes;
        }));
    }
}
