namespace EmbeddedLog.Tests.Simulation;

/// <summary>
/// What one file on a disk may look like after the power went, kept in the plainest way: for each word every content
/// that it had since a flush last made it durable, and every size since then.
/// </summary>
internal sealed class DiskModel
{
    public const int MaxBytes = 5 * 4096;

    private const int WordBytes = 8;
    private const int PageWords = 4096 / WordBytes;

    private readonly List<ulong>[] _contents =
        [.. Enumerable.Range(0, MaxBytes / WordBytes).Select(_ => new List<ulong> { 0 })];

    private readonly List<int> _sizes = [0];

    /// <summary>Pages that a failed flush has made the cache take for durable, with their bytes at that time.</summary>
    private readonly Dictionary<int, byte[]> _lost = [];

    /// <summary>The bytes as a program sees them; zero beyond <see cref="Size"/>.</summary>
    private readonly byte[] _live = new byte[MaxBytes];

    /// <summary>The size as a program sees it.</summary>
    public int Size => _sizes[^1];

    /// <summary>The file as a program sees it.</summary>
    public ReadOnlySpan<byte> Live => _live.AsSpan(0, Size);

    /// <summary>Bytes were written or stored.</summary>
    public void Change(int position, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_live.AsSpan(position));
        Resize(Math.Max(Size, position + bytes.Length));
        Record();
    }

    /// <summary>The size changed.</summary>
    public void Resize(int size)
    {
        if (size < Size && size % WordBytes != 0)
        {
            // The cut can become durable where the bytes before it have not.
            List<ulong> word = _contents[size / WordBytes];
            word.InsertRange(0, word.ConvertAll(version => version & Mask(size % WordBytes)));
        }

        _live.AsSpan(size).Clear();
        _sizes.Add(size);
        Record();
    }

    /// <summary>
    /// A flush of a range succeeded, which proves nothing of pages that were lost and not changed since.
    /// </summary>
    public void Flush(int position, int length)
    {
        foreach (int page in PagesOf(position, length))
        {
            if (_lost.TryGetValue(page, out byte[]? believed) && believed.AsSpan().SequenceEqual(Page(page)))
            {
                continue;
            }

            _lost.Remove(page);
            foreach (List<ulong> word in _contents.AsSpan(page * PageWords, PageWords))
            {
                word.RemoveRange(0, word.Count - 1);
            }
        }

        _sizes.RemoveRange(0, _sizes.Count - 1);
    }

    /// <summary>A flush of a range failed.</summary>
    public void FailFlush(int position, int length)
    {
        foreach (int page in PagesOf(position, length))
        {
            _lost[page] = Page(page).ToArray();
        }
    }

    /// <summary>
    /// The file was found like this after a power loss. False if it cannot be; else this is how it is from now on.
    /// </summary>
    public bool TrySettle(ReadOnlySpan<byte> found)
    {
        byte[] bytes = new byte[MaxBytes];
        found.CopyTo(bytes);
        bool possible = _sizes.Contains(found.Length);
        for (int word = 0; word < _contents.Length; word++)
        {
            ulong content = BitConverter.ToUInt64(bytes, word * WordBytes);

            // The size cuts off what lies beyond it, in the middle of a word too.
            ulong mask = Mask(Math.Clamp(found.Length - (word * WordBytes), 0, WordBytes));
            possible &= _contents[word].Exists(version => (version & mask) == content);
            _contents[word].Clear();
            _contents[word].Add(content);
        }

        bytes.CopyTo(_live, 0);
        _sizes.Clear();
        _sizes.Add(found.Length);
        _lost.Clear();
        return possible;
    }

    /// <summary>The first bytes of a word.</summary>
    private static ulong Mask(int bytes) => bytes == WordBytes ? ulong.MaxValue : (1UL << (bytes * 8)) - 1;

    private ReadOnlySpan<byte> Page(int page) => _live.AsSpan(page * 4096, 4096);

    /// <summary>The pages of a range as far as the file reaches.</summary>
    private IEnumerable<int> PagesOf(int position, int length)
    {
        int end = Math.Min(position + length, Size);
        return end <= position ? [] : Enumerable.Range(position / 4096, ((end + 4095) / 4096) - (position / 4096));
    }

    private void Record()
    {
        for (int word = 0; word < _contents.Length; word++)
        {
            ulong content = BitConverter.ToUInt64(_live, word * WordBytes);
            if (_contents[word][^1] != content)
            {
                _contents[word].Add(content);
            }
        }
    }
}
