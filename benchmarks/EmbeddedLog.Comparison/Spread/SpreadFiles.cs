using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>The least state of many partitions: a preallocated file each, and its end.</summary>
internal sealed class SpreadFiles : IDisposable
{
    /// <summary>How many appends are in flight.</summary>
    public const int InFlight = 256;

    public const int FrameBytes = 128;

    private const long FileBytes = 64 << 10;

    private readonly SafeFileHandle[] _files;
    private readonly long[] _ends;

    /// <summary>The files of the group that is being written, each once, in the order of the group.</summary>
    private readonly HashSet<int> _touched = [];
    private int _next;

    public SpreadFiles(string directory, int count)
    {
        _files = new SafeFileHandle[count];
        _ends = new long[count];
        for (int i = 0; i < count; i++)
        {
            _files[i] = File.OpenHandle(
                Path.Combine(directory, i.ToString("D5")), FileMode.CreateNew, FileAccess.ReadWrite);
            Posix.Allocate(_files[i], FileBytes);
            Write(i);
        }

        Posix.SyncFileSystem(directory);
    }

    /// <summary>How many partitions there are, by workload.</summary>
    public static IReadOnlyList<int> Counts { get; } = [16, 256, 4096];

    /// <summary>Whether so many files take seconds to make and to flush.</summary>
    public static bool IsSlowToPrepare(int partitions) => partitions > 16;

    /// <summary>The workload's name.</summary>
    public static string Name(int partitions) => $"durable-spread-{partitions}";

    /// <summary>Writes a record to each of the next partitions in turn; returns the files to flush.</summary>
    public SafeFileHandle[] WriteGroup()
    {
        _touched.Clear();
        for (int i = 0; i < InFlight; i++)
        {
            Write(_next);
            _touched.Add(_next);
            _next = (_next + 1) % _files.Length;
        }

        return [.. _touched.Select(number => _files[number])];
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _files)
        {
            file.Dispose();
        }
    }

    private void Write(int number)
    {
        Span<byte> frame = stackalloc byte[FrameBytes];
        frame.Fill(1);
        RandomAccess.Write(_files[number], frame, _ends[number]);
        _ends[number] = (_ends[number] + FrameBytes) % FileBytes;
    }
}
