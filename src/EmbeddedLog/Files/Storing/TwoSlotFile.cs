using System.Runtime.ExceptionServices;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>
/// A file of two pages that are written in turn, each with a generation. A write never touches the current page, so
/// that one page is always whole. The caller serializes all calls.
/// </summary>
/// <remarks>
/// A write that fails leaves the current page as it is, and may be tried again. The first failed flush, of the file or
/// of its directory, ends all writing, because a later success would prove nothing: every later write throws it again.
/// </remarks>
internal sealed class TwoSlotFile : IDisposable
{
    private static readonly byte[] s_blankPage = new byte[TwoSlotPage.Bytes];

    private readonly FileSystem _files;
    private readonly byte[] _magic;
    private readonly TopicPartition? _id;

    /// <summary>Open from the first write in place on.</summary>
    private LogFile? _file;

    /// <summary>
    /// The current page, if it may be in the page cache only: a process left it there that was killed, or whose flush
    /// failed, and another flush would not write it. The other page must not be overwritten before this one is safe, so
    /// this one is written again first. Null when it is on the disk.
    /// </summary>
    private byte[]? _unproven;

    private ExceptionDispatchInfo? _failure;

    private TwoSlotFile(FileSystem files, string path, ReadOnlySpan<byte> magic, TopicPartition? id)
    {
        _files = files;
        _magic = magic.ToArray();
        _id = id;
        Path = path;
    }

    /// <summary>The file's path, whether it exists or not.</summary>
    public string Path { get; }

    /// <summary>The current page's generation, zero while there is none.</summary>
    public ulong Generation { get; private set; }

    /// <summary>The position of the current page in the file.</summary>
    public long Position => TwoSlotPage.GetPosition(Generation);

    /// <summary>Whether a flush has failed, after which nothing is written any more.</summary>
    public bool HasFailed => _failure is not null;

    /// <summary>Opens the file, which need not exist.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="magic">The first bytes of its pages.</param>
    /// <param name="isOnDisk">Whether everything found is known to be on the disk.</param>
    /// <param name="current">The current page; null if the file does not exist.</param>
    /// <param name="id">The partition, for exceptions.</param>
    /// <exception cref="CorruptLogException">Neither page is intact.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static TwoSlotFile Open(
        FileSystem files,
        string path,
        ReadOnlySpan<byte> magic,
        bool isOnDisk,
        out byte[]? current,
        TopicPartition? id = null)
    {
        TwoSlotFile slots = new(files, path, magic, id);
        current = files.FileExists(path) ? slots.Read() : null;
        slots._unproven = isOnDisk ? null : current;
        return slots;
    }

    /// <summary>
    /// Makes a page current. It is durable on return; when this throws, the old page is still current.
    /// </summary>
    /// <param name="page">The page, blank up to the fields at <see cref="TwoSlotPage.FieldsAt"/>.</param>
    public void Write(Span<byte> page)
    {
        _failure?.Throw();
        if (Generation == FormatLimits.MaxGeneration)
        {
            throw StoredFile.Damaged(
                Path, Position, $"a generation below {FormatLimits.MaxGeneration}", $"{Generation}", _id);
        }

        ulong generation = Generation + 1;
        if (Generation == 0)
        {
            using ReplacementFile replacement = Begin(_files, Path, _magic, page, generation);
            replacement.Rename();
            DoOrFail(replacement.SyncDirectory);
        }
        else
        {
            ProveCurrent();
            TwoSlotPage.Seal(page, _magic, generation);
            WriteInPlace(page, TwoSlotPage.GetPosition(generation));
        }

        Generation = generation;
    }

    /// <summary>
    /// Makes a file, or replaces one, with a page of any generation, and the other one blank; durable on return.
    /// </summary>
    /// <param name="files">The file system.</param>
    /// <param name="path">The file.</param>
    /// <param name="magic">The first bytes of its pages.</param>
    /// <param name="page">The page, blank up to the fields at <see cref="TwoSlotPage.FieldsAt"/>.</param>
    /// <param name="generation">Its generation.</param>
    public static void CreateAt(
        FileSystem files, string path, ReadOnlySpan<byte> magic, Span<byte> page, ulong generation)
    {
        using ReplacementFile replacement = Begin(files, path, magic, page, generation);
        replacement.Rename();
        replacement.SyncDirectory();
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>
    /// The first page and a blank one are written at once: an existing file always has one whole page. Both have their
    /// blocks from the beginning, so that a full disk does not stop later writes.
    /// </summary>
    private static ReplacementFile Begin(
        FileSystem files, string path, ReadOnlySpan<byte> magic, Span<byte> page, ulong generation)
    {
        TwoSlotPage.Seal(page, magic, generation);
        ReplacementFile replacement = ReplacementFile.Begin(files, path);
        try
        {
            long position = TwoSlotPage.GetPosition(generation);
            replacement.WriteAt(page, position);
            replacement.WriteAt(s_blankPage, TwoSlotPage.SecondAt - position);
            replacement.FlushAndClose();
            return replacement;
        }
        catch
        {
            replacement.Dispose();
            throw;
        }
    }

    /// <summary>In place, so that a log can be opened and shortened on a full disk.</summary>
    private void ProveCurrent()
    {
        if (_unproven is not null)
        {
            WriteInPlace(_unproven, Position);
            DoOrFail(() => _files.SyncDirectory(System.IO.Path.GetDirectoryName(Path)!));
            _unproven = null;
        }
    }

    private void WriteInPlace(ReadOnlySpan<byte> page, long position)
    {
        LogFile file = _file ??= _files.OpenFile(Path, FileOpening.ReadWrite);
        file.Write(page, position);
        DoOrFail(() => file.Flush(position, TwoSlotPage.Bytes));
    }

    private void DoOrFail(Action flush)
    {
        try
        {
            flush();
        }
        catch (Exception exception) when (exception is not FileSystemException { IsFailedFlush: false })
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    /// <summary>The part of a slot that the file has.</summary>
    public static byte[] ReadSlot(LogFile file, long position)
    {
        byte[] page = new byte[TwoSlotPage.Bytes];
        int length = file.Read(page, position);
        return length == page.Length ? page : page[..length];
    }

    private byte[] Read()
    {
        byte[] first;
        byte[] second;
        using (LogFile file = _files.OpenFile(Path, FileOpening.Read))
        {
            first = ReadSlot(file, 0);
            second = ReadSlot(file, TwoSlotPage.SecondAt);
        }

        BlockStatus firstStatus = Check(first, 0, out ulong firstGeneration);
        BlockStatus secondStatus = Check(second, TwoSlotPage.SecondAt, out ulong secondGeneration);

        // The file came into being with one whole page and has had one ever since: no crash explains none.
        if (firstStatus != BlockStatus.Valid && secondStatus != BlockStatus.Valid)
        {
            string found = $"{Describe(firstStatus)} and {Describe(secondStatus)}";
            throw StoredFile.Damaged(Path, 0, "at least one intact page of two", found, _id);
        }

        Generation = Math.Max(firstGeneration, secondGeneration);
        return firstGeneration > secondGeneration ? first : second;
    }

    private BlockStatus Check(ReadOnlySpan<byte> page, long position, out ulong generation)
    {
        BlockStatus status = TwoSlotPage.Check(page, _magic, position, out generation);
        return status != BlockStatus.NewerVersion
            ? status
            : throw StoredFile.TooNew(
                Path,
                position,
                $"format version {ChecksummedBlock.Version}",
                $"version {ChecksummedBlock.GetVersion(page)}",
                _id);
    }

    private static string Describe(BlockStatus status) =>
        status == BlockStatus.Blank ? "a blank page" : "a page with a wrong checksum";
}
