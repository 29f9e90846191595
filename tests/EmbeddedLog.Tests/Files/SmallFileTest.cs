using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Files;

/// <summary>
/// What tests of the small files share: a directory, by default on a simulated disk, and a way to damage what is in it.
/// </summary>
public abstract class SmallFileTest : IDisposable
{
    private protected const ulong TopicUid = 0x1112_1314_1516_1718;

    private readonly SimulatedPlatform? _platform;

    private protected SmallFileTest()
    {
        _platform = new SimulatedPlatform(seed: 1);
        Files = _platform.Platform.Files;
        Root = "/partition";
        Files.CreateDirectory(Root);
    }

    private protected SmallFileTest(FileSystem files, string root)
    {
        Files = files;
        Root = root;
    }

    private protected static TopicPartition Id { get; } = new("orders", 3);

    private protected FileSystem Files { get; }

    private protected string Root { get; }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Fails the test if it left a file open or did to the disk what must not be done.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_platform is not null)
        {
            Assert.Empty(_platform.Disk.OpenFiles);
            _platform.Dispose();
            Assert.Empty(_platform.Disk.Violations);
        }
    }

    private protected string PathOf(string name) => Path.Combine(Root, name);

    private protected byte[] ReadFile(string path)
    {
        using LogFile file = Files.OpenFile(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    /// <summary>Makes a file hold exactly these bytes.</summary>
    private protected void WriteFile(string path, ReadOnlySpan<byte> bytes)
    {
        using LogFile file = Files.OpenFile(path, FileOpening.OpenOrCreate);
        file.Write(bytes, 0);
        file.SetLength(bytes.Length);
    }

    private protected long LengthOf(string path)
    {
        using LogFile file = Files.OpenFile(path, FileOpening.Read);
        return file.Length;
    }
}
