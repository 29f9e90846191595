using System.Runtime.ExceptionServices;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// A file of two pages that are written in turn, each with a generation, so that one of them is whole at any moment. A
/// write never touches the page that is current, and it begins only when that page is known to be on the disk. The
/// caller serialises all calls.
/// </summary>
internal sealed class TwoSlotFile : IDisposable
{
    private readonly FileSystem _files;
    private readonly string _path;
    private readonly byte[] _magic;

    /// <summary>Null while the file does not exist.</summary>
    private LogFile? _file;

    /// <summary>The current page as it stands in the file; swapped with <see cref="_next"/> by each write.</summary>
    private byte[] _current = new byte[TwoSlotPage.Bytes];

    /// <summary>The page that the next write writes.</summary>
    private byte[] _next = new byte[TwoSlotPage.Bytes];

    /// <summary>
    /// Whether the current page is on the disk, and the file's name. What was read may be in the page cache alone, left
    /// there by a process whose flush failed or that was killed; to overwrite the other page would bet the file on it.
    /// </summary>
    private bool _currentIsDurable;

    /// <summary>The first failed flush, which ends all writing: a later success would prove nothing.</summary>
    private ExceptionDispatchInfo? _failure;

    private TwoSlotFile(FileSystem files, string path, byte[] magic)
    {
        _files = files;
        _path = path;
        _magic = magic;
    }

    /// <summary>The file's path, whether it exists or not.</summary>
    public string Path => _path;

    /// <summary>The current page's generation, zero while there is none.</summary>
    public ulong Generation { get; private set; }

    /// <summary>The current page. Meaningful while <see cref="Generation"/> is not zero.</summary>
    public ReadOnlySpan<byte> Current => _current;

    /// <summary>The position of the current page in the file.</summary>
    public long Position => TwoSlotPage.GetPosition(Generation);

    /// <summary>Opens the file, which need not exist.</summary>
    /// <exception cref="CorruptLogException">Neither page is intact.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static TwoSlotFile Open(FileSystem files, string path, ReadOnlySpan<byte> magic, TopicPartition? id = null)
    {
        TwoSlotFile slots = new(files, path, magic.ToArray());
        if (!files.FileExists(path))
        {
            return slots;
        }

        slots._file = files.OpenFile(path, FileOpening.ReadWrite);
        try
        {
            slots.Read(id);
            return slots;
        }
        catch
        {
            slots.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A blank page, for the caller to fill from <see cref="TwoSlotPage.FieldsAt"/> before <see cref="Write"/>.
    /// </summary>
    public Span<byte> PrepareNext()
    {
        _next.AsSpan().Clear();
        return _next;
    }

    /// <summary>
    /// Makes the prepared page current. It is durable on return; when this throws, the old one is still current. After
    /// a flush has failed, every call throws that failure.
    /// </summary>
    public void Write()
    {
        _failure?.Throw();
        ulong generation = Generation + 1;
        TwoSlotPage.Seal(_next, _magic, generation);
        if (_file is null)
        {
            Create();
        }
        else
        {
            if (!_currentIsDurable)
            {
                WriteDurably(_file, _current, Position);
                _files.SyncDirectory(System.IO.Path.GetDirectoryName(_path)!);
                _currentIsDurable = true;
            }

            WriteDurably(_file, _next, TwoSlotPage.GetPosition(generation));
        }

        (_current, _next) = (_next, _current);
        _currentIsDurable = true;
        Generation = generation;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>
    /// The first page and a blank one, all at once: a file that exists has never had less than one whole page.
    /// </summary>
    private void Create()
    {
        byte[] contents = new byte[2 * TwoSlotPage.Bytes];
        _next.CopyTo(contents.AsSpan());
        StoredFile.Create(_files, _path, contents);
        _file = _files.OpenFile(_path, FileOpening.ReadWrite);
    }

    private void WriteDurably(LogFile file, byte[] page, long position)
    {
        file.Write(page, position);
        try
        {
            file.Flush(position, page.Length);
        }
        catch (Exception exception)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    private void Read(TopicPartition? id)
    {
        byte[] contents = new byte[2 * TwoSlotPage.Bytes];
        int length = _file!.Read(contents, 0);
        Span<byte> first = contents.AsSpan(0, Math.Min(length, TwoSlotPage.Bytes));
        Span<byte> second = contents.AsSpan(first.Length..length);
        HeaderStatus firstStatus = TwoSlotPage.Check(first, _magic, 0, out ulong firstGeneration);
        HeaderStatus secondStatus = TwoSlotPage.Check(second, _magic, TwoSlotPage.Bytes, out ulong secondGeneration);
        RefuseNewer(first, firstStatus, 0, id);
        RefuseNewer(second, secondStatus, TwoSlotPage.Bytes, id);

        // The file came into being with one whole page and has had one ever since: no crash explains none.
        if (firstStatus != HeaderStatus.Valid && secondStatus != HeaderStatus.Valid)
        {
            throw StoredFile.Damaged(
                _path,
                0,
                "at least one intact page of two",
                $"{Describe(firstStatus)} and {Describe(secondStatus)}",
                id);
        }

        (firstGeneration > secondGeneration ? first : second).CopyTo(_current);
        Generation = Math.Max(firstGeneration, secondGeneration);
    }

    private void RefuseNewer(ReadOnlySpan<byte> page, HeaderStatus status, long position, TopicPartition? id)
    {
        if (status == HeaderStatus.NewerVersion)
        {
            throw StoredFile.TooNew(
                _path, position, $"format version {ChecksummedBlock.Version}",
                $"version {ChecksummedBlock.GetVersion(page)}", id);
        }
    }

    private static string Describe(HeaderStatus status) =>
        status == HeaderStatus.Blank ? "a blank page" : "a page with a wrong checksum";
}
