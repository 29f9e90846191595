using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files;

/// <summary>
/// Marks a directory as a log, with its identity and the state in which its last owner left it. The caller owns the
/// directory's lock and serializes all calls.
/// </summary>
internal sealed class SessionFile : IDisposable
{
    /// <summary>The file's name in the log's directory.</summary>
    public const string FileName = "session";

    private readonly TwoSlotFile _slots;

    private SessionFile(TwoSlotFile slots)
    {
        _slots = slots;
    }

    /// <summary>
    /// The last owner's session or, after <see cref="MarkOpen"/>, that of this process; null in a directory that is not
    /// a log yet.
    /// </summary>
    public Session? Current { get; private set; }

    /// <summary>The page cache of <see cref="Current"/>.</summary>
    public CacheIdentity CacheIdentity => Current is { } session
        ? new CacheIdentity(session.BootHigh, session.BootLow, session.Device, session.Mount)
        : default;

    /// <summary>The generation that the next mark will have.</summary>
    public ulong NextGeneration => _slots.Generation + 1;

    /// <summary>Whether the directory is a log.</summary>
    public static bool Exists(FileSystem files, string directory) =>
        files.FileExists(Path.Combine(directory, FileName));

    /// <summary>Opens the file, which need not exist.</summary>
    /// <exception cref="CorruptLogException">Neither slot is intact.</exception>
    /// <exception cref="UnsupportedFormatException">A newer version of the library wrote it.</exception>
    public static SessionFile Open(FileSystem files, string directory)
    {
        // Only the file itself says whether its contents are on the disk, so they count as not on it.
        string path = Path.Combine(directory, FileName);
        SessionFile file = new(TwoSlotFile.Open(files, path, Session.Magic, isOnDisk: false, out byte[]? page));
        if (page is not null)
        {
            file.Read(page);
        }

        return file;
    }

    /// <summary>
    /// Enters this process as the owner, durably. The first call makes the directory a log and gives it its uid. Call
    /// it after the recovery and before the first append: until then the last owner's mark decides what a repeated
    /// recovery may trust.
    /// </summary>
    /// <param name="identity">The directory's page cache in this process.</param>
    /// <param name="processId">This process.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <param name="closed">The list of the last clean close; null before the first.</param>
    /// <param name="directoryId">The number of the directory, zero if unknown.</param>
    /// <param name="followedUid">What the first call makes of the directory: see <see cref="Session"/>.</param>
    public void MarkOpen(
        CacheIdentity identity,
        int processId,
        long now,
        ClosedList? closed = null,
        ulong directoryId = 0,
        ulong followedUid = 0)
    {
        Session previous = Current
            ?? new Session { LogUid = Uids.New(), CreatedAt = now, FollowedUid = followedUid };
        Session next = previous with
        {
            OpenedAt = now,
            ProcessId = processId,
            Clean = false,
            BootHigh = identity.BootHigh,
            BootLow = identity.BootLow,
            Device = identity.Device,
            Mount = identity.Mount,
            ClosedGeneration = closed?.Generation ?? 0,
            ClosedCrc = closed?.Crc ?? 0,
            DirectoryId = directoryId,
        };
        Write(next);
        if (previous.Clean)
        {
            // Written into the other slot as well, which still says that the log was closed. If the first slot were
            // damaged later, the next opening would trust that, and silently drop the records appended since.
            Write(next);
        }
    }

    /// <summary>
    /// Marks that everything written has been flushed. Call it last, and only if no flush has failed.
    /// </summary>
    /// <param name="closed">
    /// The state of all partitions, already on the disk, with <see cref="NextGeneration"/> as its generation or an
    /// earlier one.
    /// </param>
    /// <exception cref="InvalidOperationException">The log has not been marked open.</exception>
    public void MarkClean(ClosedList closed)
    {
        Session session = Current ?? throw new InvalidOperationException("The log has not been marked open.");
        Write(session with { Clean = true, ClosedGeneration = closed.Generation, ClosedCrc = closed.Crc });
    }

    /// <summary>Makes the session of a copy, as that of a cleanly closed log; durable on return.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The copy's directory, which has none yet.</param>
    /// <param name="session">The session of the log, with the copy's generation.</param>
    /// <param name="closed">The state of all partitions of the copy, already on the disk.</param>
    public static void CreateClosed(FileSystem files, string directory, in Session session, ClosedList closed)
    {
        Session last = session with { Clean = true, ClosedGeneration = closed.Generation, ClosedCrc = closed.Crc };
        Span<byte> page = stackalloc byte[TwoSlotPage.Bytes];
        page.Clear();
        last.WriteFields(page);
        TwoSlotFile.CreateAt(files, System.IO.Path.Combine(directory, FileName), Session.Magic, page, last.Generation);
    }

    public void Dispose() => _slots.Dispose();

    private void Write(in Session next)
    {
        Span<byte> page = stackalloc byte[TwoSlotPage.Bytes];
        next.WriteFields(page);
        _slots.Write(page);
        Current = next with { Generation = _slots.Generation };
    }

    private void Read(ReadOnlySpan<byte> page) =>
        Current = Session.TryReadFields(page, _slots.Generation, out Session session)
            ? session
            : throw StoredFile.Damaged(_slots.Path, _slots.Position, "a session", $"impossible values ({session})");
}
