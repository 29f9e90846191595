using FASTER.core;

namespace EmbeddedLog.Comparison;

/// <summary>A FasterLog with much memory, and with pages large enough for full speed.</summary>
internal sealed class ScratchFasterLog : IDisposable
{
    private readonly IDevice _device;

    public ScratchFasterLog(string directory)
    {
        _device = Devices.CreateLogDevice(Path.Combine(directory, "faster.log"), deleteOnClose: true);
        Log = new FasterLog(new FasterLogSettings { LogDevice = _device, PageSizeBits = 25, MemorySizeBits = 28 });
    }

    public const string Settings = "2.6.5, pages of 32 MiB, 256 MiB of memory, no checksums, no commit in between";

    public FasterLog Log { get; }

    public void Dispose()
    {
        Log.Dispose();
        _device.Dispose();
    }
}
