using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Following.Control;

/// <summary>
/// The present control file of a followed log: none before the first owner, and another one after a removal. All
/// members are safe to call from any thread.
/// </summary>
internal sealed class ControlView : IDisposable
{
    /// <summary>How long a mapped file is assumed to be the one in the directory.</summary>
    private static readonly TimeSpan s_recheckInterval = TimeSpan.FromSeconds(1);

    private readonly Platform _platform;
    private readonly string _directory;
    private readonly ulong _logUid;
    private readonly TimeSpan _searchInterval;
    private readonly Lock _gate = new();

    /// <summary>All files so far: partitions may still read their slots. Under the gate.</summary>
    private readonly List<ControlPage> _all = [];

    /// <summary>Written under the gate; read by anyone.</summary>
    private ControlPage? _current;

    /// <summary>The clock's timestamp of the last check. Written under the gate; read by anyone.</summary>
    private long _lookedAt;

    /// <summary>Counted under the gate; read by anyone.</summary>
    private int _looks;

    /// <summary>The list of the last clean close, and the session that names it. Under the gate.</summary>
    private (Session Session, ClosedList? List)? _closed;

    /// <summary>Set once, under the gate.</summary>
    private bool _disposed;

    public ControlView(Platform platform, string directory, ulong logUid, TimeSpan searchInterval)
    {
        _platform = platform;
        _directory = directory;
        _logUid = logUid;
        _searchInterval = searchInterval;
        Look();
    }

    /// <summary>The file as of the last check, or null if there is none of the present owner.</summary>
    public ControlPage? Current => Volatile.Read(ref _current);

    /// <summary>
    /// How often the directory was checked, by any partition. A partition without other signals reads its files again
    /// when this has changed.
    /// </summary>
    public int Looks => Volatile.Read(ref _looks);

    /// <summary>Checks the directory, if that is due.</summary>
    public void LookIfDue()
    {
        TimeSpan interval = Current is null ? _searchInterval : s_recheckInterval;
        if (_platform.Time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= interval)
        {
            Look();
        }
    }

    /// <summary>The state of the log under its last or present owner, as for an opening.</summary>
    /// <exception cref="CorruptLogException">The session is damaged, or the list of the last close.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public SessionState ReadState()
    {
        if (ReadSession() is not { } session)
        {
            return default;
        }

        CacheIdentity mine = _platform.Files.GetCacheIdentity(_directory);
        CacheIdentity owners = new(session.BootHigh, session.BootLow, session.Device, session.Mount);
        return new SessionState(
            session.Clean, !session.Clean && mine.IsKnown && mine == owners, session.Generation, ReadClosed(session));
    }

    private Session? ReadSession()
    {
        using SessionFile session = SessionFile.Open(_platform.Files, _directory);
        return session.Current;
    }

    /// <summary>The list may be long, and each partition needs it, so it is read once for each session.</summary>
    private ClosedList? ReadClosed(in Session session)
    {
        lock (_gate)
        {
            if (_closed is { } known && known.Session == session)
            {
                return known.List;
            }
        }

        ClosedList? list = ClosedFile.Read(_platform.Files, _directory, session);
        lock (_gate)
        {
            _closed = (session, list);
            return list;
        }
    }

    /// <summary>Unmaps all. No partition may read its slot any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Volatile.Write(ref _current, null);
            _all.ForEach(page => page.Dispose());
            _all.Clear();
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _lookedAt, _platform.Time.GetTimestamp());
            Volatile.Write(ref _looks, _looks + 1);
            ControlPage? last = _all.LastOrDefault();
            string path = Path.Combine(_directory, ControlFile.FileName);
            bool stands = ControlPage.TryReadHeader(_platform.Files, path, out ControlHeader header);
            bool isLast = last is not null && (!stands || header == last.Header);
            if (!isLast && stands && ControlPage.TryOpen(_platform.Files, _directory, _logUid) is { } found)
            {
                _all.Add(found);
                last = found;
            }

            Volatile.Write(ref _current, last is not null && !IsOutdated(last) ? last : null);
        }
    }

    /// <summary>
    /// Whether a later owner has opened the log without this file, because it could not write it. After a close the
    /// owner's session is one further, and marked as clean.
    /// </summary>
    private bool IsOutdated(ControlPage page)
    {
        ulong generation = ControlLayout.GenerationOf(page.Word);
        return ReadSession() is { } current
            && current.Generation > (current.Clean ? generation + 1 : generation);
    }
}
