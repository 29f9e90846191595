using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Following.Control;

/// <summary>
/// One control file in a follower's memory. It only shows that there is something new, and the present ends. Every
/// record is checked when it is read.
/// </summary>
internal sealed unsafe class ControlPage : IDisposable
{
    /// <summary>The most slots that are read, whatever the file says.</summary>
    private const long MaxSlots = 1 << 22;

    private readonly FileSystem _files;
    private readonly string _path;
    private readonly Lock _gate = new();

    /// <summary>All maps of the file, each longer than the one before. Under the gate, except the first.</summary>
    private readonly List<MappedMemory> _maps = [];

    /// <summary>The first byte of the first map, with the words that change.</summary>
    private readonly byte* _header;

    private ControlPage(FileSystem files, string path, MappedMemory map, in ControlHeader header, bool isTrusted)
    {
        _files = files;
        _path = path;
        _maps.Add(map);
        _header = map.Pointer;
        Header = header;
        EndsAreTrusted = isTrusted;
    }

    /// <summary>The header with the file's identity.</summary>
    public ControlHeader Header { get; }

    /// <summary>
    /// Whether the ends are valid: this map is the memory that the owner stores to, or stored to before it died. After
    /// a reboot or a remount the ends may be of any time, and through another mount that is unknown.
    /// </summary>
    public bool EndsAreTrusted { get; }

    /// <summary>Generation and state, as of now.</summary>
    public ulong Word => Volatile.Read(ref *(ulong*)(_header + ControlLayout.WordAt));

    /// <summary>Counts changes to the set of topics.</summary>
    public long Topics => Volatile.Read(ref *(long*)(_header + ControlLayout.TopicsAt));

    /// <summary>Maps the control file of a log; null if there is none, or no valid one.</summary>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public static ControlPage? TryOpen(FileSystem files, string directory, ulong logUid)
    {
        string path = Path.Combine(directory, ControlFile.FileName);
        if (!TryReadHeader(files, path, out ControlHeader header) || header.LogUid != logUid
            || TryMap(files, path, ControlLayout.HeaderBytes) is not { } map)
        {
            return null;
        }

        CacheIdentity mine = files.GetCacheIdentity(directory);
        CacheIdentity owners = new(header.BootHigh, header.BootLow, header.Device, header.Mount);
        return new ControlPage(files, path, map, header, mine.IsKnown && mine == owners);
    }

    /// <summary>Reads the header of the present file at the path.</summary>
    public static bool TryReadHeader(FileSystem files, string path, out ControlHeader header)
    {
        header = default;
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            Span<byte> block = stackalloc byte[ControlLayout.BlockBytes];
            return ControlHeader.TryRead(block[..file.Read(block, 0)], out header);
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            return false;
        }
    }

    /// <summary>The slot of a partition; null if it has none. Valid until this is disposed.</summary>
    public byte* Find(ulong topicUid, int partition)
    {
        lock (_gate)
        {
            if (_maps.Count == 0)
            {
                return null;
            }

            // Searched from the first one on, only at each change of the owner: a slot is a cache line.
            long slots = Math.Clamp(Volatile.Read(ref *(long*)(_header + ControlLayout.SlotsAt)), 0, MaxSlots);
            byte* memory = MapUnsynchronized(ref slots);
            byte* found = null;
            for (int i = 0; i < slots; i++)
            {
                byte* slot = memory + ControlLayout.PositionOf(i);
                if (IsOf(slot, topicUid, partition))
                {
                    if (found != null)
                    {
                        // Damage has made one of the two look like it, and it is unknown which.
                        return null;
                    }

                    found = slot;
                }
            }

            return found;
        }
    }

    /// <summary>Whether a slot belongs to a partition; a freed one may belong to another.</summary>
    public static bool IsOf(byte* slot, ulong topicUid, int partition) =>
        Volatile.Read(ref *(ulong*)(slot + ControlLayout.TopicUidAt)) == topicUid
        && Volatile.Read(ref *(int*)(slot + ControlLayout.PartitionAt)) == partition;

    /// <summary>Unmaps. No slot may be read any more.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _maps.ForEach(map => map.Dispose());
            _maps.Clear();
        }
    }

    /// <summary>Maps the first bytes of the file, which may have any length; null if it has fewer.</summary>
    private static MappedMemory? TryMap(FileSystem files, string path, long bytes)
    {
        try
        {
            using LogFile file = files.OpenFile(path, FileOpening.Read);
            if (file.Length < bytes)
            {
                return null;
            }

            MappedMemory map = file.Map(bytes, writable: false);
            if (map.TryPrepareForRead(0, bytes))
            {
                return map;
            }

            map.Dispose();
            return null;
        }
        catch (FileSystemException failure) when (failure.Error == FileSystemError.NotFound)
        {
            return null;
        }
    }

    /// <summary>A map of so many slots, or the map so far if the file has fewer.</summary>
    private byte* MapUnsynchronized(ref long slots)
    {
        long wanted = ControlLayout.HeaderBytes + (slots * ControlLayout.SlotBytes);
        if (_maps[^1].Length < wanted && TryMap(_files, _path, wanted) is { } longer)
        {
            _maps.Add(longer);
        }

        long mapped = (_maps[^1].Length - ControlLayout.HeaderBytes) / ControlLayout.SlotBytes;
        slots = Math.Clamp(slots, 0, mapped);
        return _maps[^1].Pointer;
    }
}
