using System.Runtime.Versioning;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.IO.Linux;

/// <summary>
/// How much reaches the device for a small append that is flushed at once: one page and its share of the journal,
/// whatever was read before.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LinuxAppendCostTests
{
    private const int Length = 16 << 20;

    /// <summary>Where the appends begin: a scan's reading ahead takes a few megabytes to reach its full size.</summary>
    private const int Start = 8 << 20;

    private const int LargePage = 2 << 20;
    private const int RecordBytes = 100;
    private const int Appends = 400;
    private const int MaxBytesPerAppend = 8 * 1024;

    private readonly FileSystem _files = RealPlatform.Create(TimeProvider.System).Files;

    public LinuxAppendCostTests()
    {
        Require.Linux();
        Require.Unemulated();
    }

    [Theory]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    public void FlushedAppend_FreshFile_WritesAtMostEightKibibytes(string type, int mebibytes)
    {
        using LoopMount mount = LoopMount.Create(type, mebibytes);
        using LogFile file = CreateAllocated(mount);
        using MappedMemory map = file.Map(Length, writable: true);

        Assert.InRange(BytesPerAppend(mount, file, map), RecordBytes, MaxBytesPerAppend);
    }

    [Theory]
    [InlineData("ext4", 64, "writable map")]
    [InlineData("ext4", 64, "read-only map")]
    [InlineData("ext4", 64, "reads")]
    [InlineData("ext4", 64, "prepared map of a reader")]
    [InlineData("xfs", 320, "writable map")]
    [InlineData("xfs", 320, "read-only map")]
    [InlineData("xfs", 320, "reads")]
    [InlineData("xfs", 320, "prepared map of a reader")]
    public void FlushedAppend_ReopenedAndScanned_WritesAtMostEightKibibytes(string type, int mebibytes, string scan)
    {
        using LoopMount mount = Reopen(type, mebibytes);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.ReadWrite);
        using MappedMemory map = file.Map(Length, writable: true);
        using MappedMemory readOnly = file.Map(Length, writable: false);
        using LogFile reader = _files.OpenFile(mount["file"], FileOpening.Read);
        using MappedMemory readersMap = reader.Map(Length, writable: false);
        switch (scan)
        {
            case "writable map":
                Touch(map);
                break;
            case "read-only map":
                Touch(readOnly);
                break;
            case "reads":
                ReadAll(file);
                break;
            default:
                Assert.True(readersMap.TryPrepareForRead(0, Length));
                Touch(readersMap);
                break;
        }

        Assert.InRange(BytesPerAppend(mount, file, map), RecordBytes, MaxBytesPerAppend);
    }

    /// <summary>
    /// Why the advice is given, and why a reader of its own must prepare what it looks at: without, reading ahead
    /// leaves large folios, each of which a flush writes whole.
    /// </summary>
    [Fact]
    public void FlushedAppend_ScannedByAnUnpreparedReader_WritesMuchMore()
    {
        using LoopMount mount = Reopen("ext4", 64);
        using LogFile file = _files.OpenFile(mount["file"], FileOpening.ReadWrite);
        using MappedMemory map = file.Map(Length, writable: true);
        using LogFile reader = _files.OpenFile(mount["file"], FileOpening.Read);

        ReadAll(reader);

        Require.That(
            BytesPerAppend(mount, file, map) > MaxBytesPerAppend,
            "This kernel has no large folios on ext4 (Linux 6.16).");
    }

    /// <summary>
    /// Large pages are for those who append much at once. They can be taken back without a loss, and must be, before
    /// small appends are flushed one by one.
    /// </summary>
    [Theory]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    public unsafe void FlushedAppend_AfterLargePagesWereDropped_WritesAtMostEightKibibytes(string type, int mebibytes)
    {
        using LoopMount mount = LoopMount.Create(type, mebibytes);
        using LogFile file = CreateAllocated(mount);
        using MappedMemory map = file.Map(Length, writable: true);
        map.PreferLargePages(true);
        Assert.True(map.TryPrepareForWrite(Start, LargePage));
        new Span<byte>(map.Pointer + Start - RecordBytes, Appends * RecordBytes).Fill(7);
        long withLargePages = BytesPerAppend(mount, file, map);

        map.PreferLargePages(false);
        map.Pointer[Start] = 8;
        Assert.False(file.TryDropPages(map, Start, LargePage), "A page that was not flushed was dropped.");
        file.Flush(0, Length);
        Assert.True(file.TryDropPages(map, Start, LargePage));

        Assert.Equal(8, map.Pointer[Start]);
        Assert.Equal(1, map.Pointer[Start + 1]);
        Assert.InRange(BytesPerAppend(mount, file, map), RecordBytes, MaxBytesPerAppend);
        Require.That(withLargePages > MaxBytesPerAppend, "This kernel has no large pages for files of this type.");
    }

    private static unsafe void Touch(MappedMemory map)
    {
        for (long position = 0; position < map.Length; position += 512)
        {
            Assert.Equal(0, map.Pointer[position]);
        }
    }

    private static void ReadAll(LogFile file)
    {
        byte[] buffer = new byte[64 * 1024];
        for (long position = 0; position < Length; position += buffer.Length)
        {
            Assert.Equal(buffer.Length, file.Read(buffer, position));
        }
    }

    /// <summary>The average over appends, those that enter a new page among them.</summary>
    private static unsafe long BytesPerAppend(LoopMount mount, LogFile file, MappedMemory map)
    {
        file.Flush(0, Length);
        long before = mount.DeviceBytesWritten;
        for (int i = 0; i < Appends; i++)
        {
            int position = Start + (i * RecordBytes);
            new Span<byte>(map.Pointer + position, RecordBytes).Fill(1);
            file.Flush(position, RecordBytes);
        }

        return (mount.DeviceBytesWritten - before) / Appends;
    }

    private LoopMount Reopen(string type, int mebibytes)
    {
        LoopMount mount = LoopMount.Create(type, mebibytes);
        try
        {
            CreateAllocated(mount).Dispose();
            mount.Remount();
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    private LogFile CreateAllocated(LoopMount mount)
    {
        LogFile file = _files.OpenFile(mount["file"], FileOpening.CreateNew);
        file.Allocate(0, Length);
        file.Flush(0, Length);
        return file;
    }
}
