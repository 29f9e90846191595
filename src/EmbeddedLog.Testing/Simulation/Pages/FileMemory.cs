using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>
/// The memory of one file's two images. The durable one is shared with the live one until a change makes them differ,
/// so that a crash does not copy unchanged files. Needs the disk's lock.
/// </summary>
internal sealed class FileMemory : IDisposable
{
    private const int PageBytes = SimulatedDisk.PageBytes;

    /// <summary>
    /// The cache; null while the file never had a byte. Bytes at or after <see cref="Reach"/> are zero.
    /// </summary>
    private NativeBlock? _live;

    /// <summary>The device; null while it has the same bytes. As long as <see cref="_live"/>.</summary>
    private NativeBlock? _durable;

    public FileMemory()
    {
    }

    private FileMemory(NativeBlock? live, NativeBlock? durable, long reach)
    {
        _live = live;
        _durable = durable;
        Reach = reach;
    }

    /// <summary>The end of the pages that lengths and maps ever gave access to.</summary>
    public long Reach { get; private set; }

    /// <summary>Whether the two images can differ.</summary>
    public bool IsSeparate => _durable is not null;

    /// <summary>The live bytes, for a map.</summary>
    public unsafe byte* Pointer => _live!.Pointer;

    /// <summary>Some live bytes, below <see cref="Reach"/>; none while there is no memory.</summary>
    public Span<byte> Live(long position, int length) => _live is null ? [] : _live.Slice(position, length);

    /// <summary>Some of the device's bytes, once the images are separate.</summary>
    public Span<byte> Durable(long position, int length) => _durable!.Slice(position, length);

    /// <summary>The bytes of a page in the cache.</summary>
    public Span<byte> LivePage(int page) => _live!.Slice((long)page * PageBytes, PageBytes);

    /// <summary>The bytes of a page on the device.</summary>
    public Span<byte> DurablePage(int page) => (_durable ?? _live!).Slice((long)page * PageBytes, PageBytes);

    /// <summary>Zeroes a range of the cache.</summary>
    public void ClearLive(long position, long end) => _live?.Fill(position, Math.Max(0, end - position), 0);

    /// <summary>Zeroes a range of the device, if it has memory of its own.</summary>
    public void ClearDurable(long position, long end) => _durable?.Fill(position, Math.Max(0, end - position), 0);

    /// <summary>The position of the first live byte of a range that is not zero, or -1.</summary>
    public long FindLiveByte(long position, long end) => _live?.IndexOfAnyExcept(0, position, end) ?? -1;

    /// <summary>
    /// Makes room for <paramref name="length"/> bytes. If the memory has to move, which a map forbids, the first
    /// <paramref name="contentEnd"/> bytes move too.
    /// </summary>
    public void Reserve(long length, long contentEnd, bool isMapped)
    {
        if (_live is null || _live.Length < length)
        {
            if (isMapped)
            {
                throw new InvalidOperationException(
                    $"The simulated disk cannot let a mapped file grow from {_live!.Length} to {length} bytes: " +
                    "map it at its full size first.");
            }

            Move(ref _live, length, contentEnd);
            if (_durable is not null)
            {
                Move(ref _durable, length, contentEnd);
            }
        }

        Reach = Math.Max(Reach, (long)FileImage.PageCount(length) * PageBytes);
    }

    /// <summary>
    /// Gives the device its own memory, with the first <paramref name="durableEnd"/> bytes, before the cache changes.
    /// </summary>
    public void Separate(long durableEnd)
    {
        if (_durable is null)
        {
            _durable = NativeBlockPool.Rent(_live!.Length);
            _durable.CopyFrom(_live, durableEnd);
        }
    }

    /// <summary>
    /// Moves the live bytes to another place and gives the old one to the guard, as a whole or only its used part.
    /// </summary>
    public void LeaveTo(UnmapGuard guard, long contentEnd, string path, bool isWhole)
    {
        NativeBlock mapped = _live!;
        _live = Duplicate(mapped, contentEnd);
        guard.Add(mapped, Reach, isWhole ? Reach : contentEnd, path);
        Reach = contentEnd;
    }

    /// <summary>
    /// A copy of both images. With <paramref name="take"/> this memory is not used again, and only memory that an old
    /// map may still store to is copied.
    /// </summary>
    public FileMemory CopyBoth(bool take, bool isMapped, long contentEnd)
    {
        bool takeLive = take && !isMapped;
        long reach = takeLive ? Reach : contentEnd;
        return new FileMemory(
            takeLive ? Take(ref _live) : Duplicate(_live, contentEnd),
            take ? Take(ref _durable) : Duplicate(_durable, contentEnd),
            reach);
    }

    /// <summary>The content of the device, as memory with one image for both. This memory is not used again.</summary>
    public FileMemory TakeDurable(bool isMapped, long contentEnd)
    {
        if (_durable is not null)
        {
            return new FileMemory(Take(ref _durable), null, contentEnd);
        }

        return isMapped
            ? new FileMemory(Duplicate(_live, contentEnd), null, contentEnd)
            : new FileMemory(Take(ref _live), null, Reach);
    }

    /// <summary>Gives the memory back, mapped or not.</summary>
    public void Dispose()
    {
        Return(ref _live);
        Return(ref _durable);
    }

    private void Move(ref NativeBlock? block, long length, long contentEnd)
    {
        NativeBlock larger = NativeBlockPool.Rent(length);
        if (block is not null)
        {
            larger.CopyFrom(block, contentEnd);
        }

        Return(ref block);
        block = larger;
    }

    private static NativeBlock? Duplicate(NativeBlock? block, long contentEnd)
    {
        if (block is null)
        {
            return null;
        }

        NativeBlock copy = NativeBlockPool.Rent(block.Length);
        copy.CopyFrom(block, contentEnd);
        return copy;
    }

    private static NativeBlock? Take(ref NativeBlock? block)
    {
        NativeBlock? taken = block;
        block = null;
        return taken;
    }

    private void Return(ref NativeBlock? block)
    {
        if (block is not null)
        {
            NativeBlockPool.Return(block, Math.Min(Reach, block.Length));
            block = null;
        }
    }
}
