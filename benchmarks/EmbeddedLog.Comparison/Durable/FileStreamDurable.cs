namespace EmbeddedLog.Comparison.Durable;

internal sealed class FileStreamDurable : Contender
{
    public override string System => Systems.FileStream;

    public override string Settings => "durable: a write that extends the file, and fdatasync";

    public override IReadOnlyList<string> Workloads => ["durable-1", "durable-1-p99"];

    public override bool IsSupported => OperatingSystem.IsLinux();

    public override Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using FileStream file = new(
            Path.Combine(directory, "file"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        return Task.FromResult(Percentiles.Time(scale.Durable, () =>
        {
            file.Write(value);
            Posix.Flush(file.SafeFileHandle);
        }));
    }
}
