using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>
/// A file's content, twice: the <em>live</em> image, which is the page cache and what maps show, and the
/// <em>durable</em> one, which is the device. A page is dirty when the two differ, unless a failed flush has marked it
/// as clean wrongly. Needs the disk's lock.
/// </summary>
internal sealed class FileImage : IDisposable
{
    private const int PageBytes = SimulatedDisk.PageBytes;
    /// <summary>The largest memory that is poisoned after its last unmap; beyond that it would cost too much.</summary>
    private const long MaxGuardedBytes = 1 << 20;

    private readonly FileMemory _memory;

    /// <summary>Pages that a failed flush left behind, with the content that wrongly counts as durable.</summary>
    private readonly Dictionary<int, byte[]> _lost;

    /// <summary>
    /// The bytes that a truncation has cut off, until it is durable: they come back with the old size.
    /// </summary>
    private (long Position, byte[] Bytes)? _cut;

    /// <summary>The number of maps.</summary>
    private int _maps;

    /// <summary>The length of the longest map since the file was last without any.</summary>
    private long _longestMap;

    /// <summary>Whether a map could have changed bytes unnoticed since the file was last without a map.</summary>
    private bool _mappedWritable;

    /// <summary>
    /// Whether a map could ever have changed bytes, so that a page can reach the device in the middle of a store.
    /// </summary>
    private bool _everMappedWritable;

    public FileImage()
        : this(new FileMemory(), [])
    {
    }

    private FileImage(FileMemory memory, Dictionary<int, byte[]> lost)
    {
        _memory = memory;
        _lost = lost;
    }

    /// <summary>The file's size as a program sees it.</summary>
    public long Length { get; private set; }

    /// <summary>The file's size on the device.</summary>
    public long DurableLength { get; private set; }

    /// <summary>The pages that have a block, as a program sees it.</summary>
    public PageSet Allocated { get; } = new();

    /// <summary>The pages that have a block on the device.</summary>
    public PageSet DurableAllocated { get; } = new();

    /// <summary>Whether any page can be dirty.</summary>
    public bool MayBeDirty => _memory.IsSeparate;

    /// <summary>
    /// The end of the pages that can have content; beyond it are only reserved addresses and stray stores. Without
    /// writable maps only pages with blocks have content, which are few in a long and sparse file.
    /// </summary>
    private long ContentEnd
    {
        get
        {
            int pages = PageCount(Math.Max(Length, DurableLength));
            int blocks = Math.Max(Allocated.End, DurableAllocated.End);
            return (long)(_everMappedWritable ? pages : Math.Min(pages, blocks)) * PageBytes;
        }
    }

    /// <summary>The number of pages that hold <paramref name="length"/> bytes.</summary>
    public static int PageCount(long length) => (int)((length + PageBytes - 1) / PageBytes);

    /// <summary>Live bytes; the caller has cut the range to the length.</summary>
    public ReadOnlySpan<byte> Read(long position, int length) => _memory.Live(position, length);

    /// <summary>Changes live bytes, extending the file; the caller has found the space.</summary>
    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        Allocate(position, bytes.Length);
        _memory.Separate(DurableLength);
        bytes.CopyTo(_memory.Live(position, bytes.Length));

        // A write makes its pages dirty even if it changes nothing, so pages that a failed flush left can still be
        // saved.
        for (int page = (int)(position / PageBytes); page < PageCount(position + bytes.Length); page++)
        {
            _lost.Remove(page);
        }
    }

    /// <summary>Reserves blocks and extends the file; the caller has found the space.</summary>
    public void Allocate(long position, long length)
    {
        long end = position + length;
        Reserve(end);
        Allocated.Add((int)(position / PageBytes), PageCount(end));
        Length = Math.Max(Length, end);
    }

    /// <summary>Sets the live size.</summary>
    public void SetLength(long length)
    {
        Reserve(length);
        if (length < Length)
        {
            _memory.Separate(DurableLength);
            CutDurable(length);
            _memory.ClearLive(length, Length);
            Allocated.RemoveFrom(PageCount(length));
            foreach (int page in _lost.Keys.Where(page => page >= PageCount(length)).ToArray())
            {
                _lost.Remove(page);
            }
        }

        Length = length;
    }

    /// <summary>Gives access to the first <paramref name="length"/> live bytes, at an address that stays.</summary>
    public unsafe byte* Map(long length, bool writable)
    {
        Reserve(length);
        if (writable)
        {
            _memory.Separate(DurableLength);
            _mappedWritable = true;
            _everMappedWritable = true;
        }

        _maps++;
        _longestMap = Math.Max(_longestMap, length);
        return _memory.Pointer;
    }

    /// <summary>
    /// Ends one map. After the last one the bytes move elsewhere and <paramref name="guard"/> poisons the old place, so
    /// that a late read gets rubbish and a late write is noticed.
    /// </summary>
    public void Unmap(UnmapGuard? guard, string path)
    {
        if (--_maps == 0)
        {
            _longestMap = 0;
            _mappedWritable = false;
            if (guard is not null && _memory.Reach <= MaxGuardedBytes)
            {
                _memory.LeaveTo(guard, ContentEnd, path, isWhole: _everMappedWritable);
            }
        }
    }

    /// <summary>Whether the cache has newer content of this page than the device, and knows it.</summary>
    public bool IsDirty(int page)
    {
        ReadOnlySpan<byte> believed = _lost.TryGetValue(page, out byte[]? lost) ? lost : _memory.DurablePage(page);
        return _memory.IsSeparate && !_memory.LivePage(page).SequenceEqual(believed);
    }

    /// <summary>Writes the dirty pages of a range to the device; returns the number of bytes written.</summary>
    public long FlushPages(int first, int end)
    {
        long bytes = 0;
        for (int page = first; page < end && _memory.IsSeparate; page++)
        {
            if (IsDirty(page))
            {
                SettleCut(page);
                _memory.LivePage(page).CopyTo(_memory.DurablePage(page));
                _lost.Remove(page);
                bytes += PageBytes;
            }
        }

        return bytes;
    }

    /// <summary>Makes the size and the blocks durable.</summary>
    public void FlushLength()
    {
        _cut = null;
        DurableLength = Length;
        DurableAllocated.Assign(Allocated);
    }

    /// <summary>
    /// A flush that fails: each dirty page of the range, with the given probability, is lost, that is marked clean
    /// without having reached the device; the rest is written.
    /// </summary>
    public void LosePages(int first, int end, double lostShare, Random random)
    {
        for (int page = first; page < end && _memory.IsSeparate; page++)
        {
            if (!IsDirty(page))
            {
                continue;
            }

            if (random.NextDouble() < lostShare)
            {
                _lost[page] = _memory.LivePage(page).ToArray();
            }
            else
            {
                FlushPages(page, page + 1);
            }
        }
    }

    /// <summary>
    /// Drops the clean pages of the cache: pages that a failed flush left behind now read as on the device.
    /// </summary>
    public void EvictClean()
    {
        foreach (int page in _lost.Keys.Where(page => !IsDirty(page)).ToArray())
        {
            _memory.DurablePage(page).CopyTo(_memory.LivePage(page));
            _lost.Remove(page);
        }
    }

    /// <summary>
    /// Writes one page back in the background, if it is dirty: all of it or some of its sectors or words.
    /// </summary>
    public bool WriteBack(int page, Random random)
    {
        if (!IsDirty(page))
        {
            return false;
        }

        if (_lost.ContainsKey(page) || random.Next(2) == 0)
        {
            FlushPages(page, page + 1);
        }
        else
        {
            SettleCut(page);
            CopySome(page, TornWrite.DrawUnit(random, _everMappedWritable), random.NextDouble(), random);
        }

        return true;
    }

    /// <summary>
    /// The position of the first byte that a store through a map put into a page without a block, or beyond the end; or
    /// -1. Searches at most <paramref name="window"/> bytes beyond the end.
    /// </summary>
    public long FindStrayStore(long window)
    {
        if (!_mappedWritable)
        {
            return -1;
        }

        int pages = PageCount(Length);
        for (int page = 0; page < pages && Allocated.Count < pages; page++)
        {
            int index = Allocated.Contains(page) ? -1 : _memory.LivePage(page).IndexOfAnyExcept((byte)0);
            if (index >= 0)
            {
                return ((long)page * PageBytes) + index;
            }
        }

        return _memory.FindLiveByte(Length, Length + Math.Min(_longestMap - Length, window));
    }

    /// <summary>
    /// A copy for a new process on the same machine. With <paramref name="take"/> this image is not used again.
    /// </summary>
    public FileImage Survive(bool take)
    {
        var copy = new FileImage(_memory.CopyBoth(take, _maps > 0, ContentEnd), new Dictionary<int, byte[]>(_lost))
        {
            Length = Length,
            DurableLength = DurableLength,
            _cut = _cut,
            _everMappedWritable = _everMappedWritable,
        };
        copy.Allocated.Assign(Allocated);
        copy.DurableAllocated.Assign(DurableAllocated);
        return copy;
    }

    /// <summary>
    /// The content of the device after a power loss: every dirty page, sector, or word that a map stored is old or new;
    /// so is the size. This image is not used again.
    /// </summary>
    public FileImage LosePower(Random random)
    {
        double newShare = TornWrite.DrawNewShare(random);
        int unit = TornWrite.DrawUnit(random, _everMappedWritable);
        bool lengthIsNew = random.NextDouble() < newShare;
        int pages = PageCount(Length);
        if (_cut is { } cut && !lengthIsNew)
        {
            // With the old size the old bytes come back, without later writes beyond the cut.
            cut.Bytes.CopyTo(_memory.Durable(cut.Position, cut.Bytes.Length));
            pages = PageCount(cut.Position);
        }

        for (int page = 0; page < pages && _memory.IsSeparate; page++)
        {
            if (IsDirty(page))
            {
                CopySome(page, unit, newShare, random);
            }
        }

        var image = new FileImage(_memory.TakeDurable(_maps > 0, ContentEnd), [])
        {
            Length = lengthIsNew ? Length : DurableLength,
        };
        image._memory.ClearLive(image.Length, ContentEnd);
        image.Allocated.Assign(lengthIsNew ? Allocated : DurableAllocated);
        image.AllocateUsedPages();
        image.FlushLength();
        return image;
    }

    /// <summary>Adds the content of this image to a checksum.</summary>
    public uint AddTo(uint crc)
    {
        crc = Crc32C.Append(Crc32C.Append(crc, (ulong)Length), (ulong)DurableLength);
        for (int page = 0; page < PageCount(Math.Max(Length, DurableLength)); page++)
        {
            crc = Crc32C.Append(Crc32C.Append(crc, _memory.LivePage(page)), _memory.DurablePage(page));
        }

        return crc;
    }

    /// <summary>Gives the memory back, mapped or not.</summary>
    public void Dispose() => _memory.Dispose();

    private void Reserve(long length) => _memory.Reserve(length, ContentEnd, _maps > 0);

    /// <summary>
    /// Cuts the device's bytes off where the live ones are cut off, but keeps them as long as the size is not
    /// durable.
    /// </summary>
    private void CutDurable(long length)
    {
        // Bytes on the device beyond both sizes have lost their blocks: no crash can bring them back.
        _memory.ClearDurable(Math.Max(length, DurableLength), Length);
        long end = _cut?.Position ?? DurableLength;
        if (length < end)
        {
            _cut = (length, [.. _memory.Durable(length, (int)(end - length)), .. _cut?.Bytes ?? []]);
            _memory.ClearDurable(length, end);
        }
    }

    /// <summary>
    /// A page that was cut off, or cut, can reach the device with new content only after the truncation has.
    /// </summary>
    private void SettleCut(int page)
    {
        if (_cut is { } cut && page >= cut.Position / PageBytes)
        {
            FlushLength();
        }
    }

    private void CopySome(int page, int unit, double share, Random random) =>
        TornWrite.Copy(_memory.LivePage(page), _memory.DurablePage(page), unit, share, random);

    /// <summary>A page with content has a block, whatever the reservation.</summary>
    private void AllocateUsedPages()
    {
        int pages = PageCount(Length);
        Allocated.RemoveFrom(pages);
        for (int page = 0; page < pages && Allocated.Count < pages; page++)
        {
            if (!Allocated.Contains(page) && _memory.LivePage(page).ContainsAnyExcept((byte)0))
            {
                Allocated.Add(page, page + 1);
            }
        }
    }
}
