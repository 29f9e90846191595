using System.Numerics;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>A set of page numbers of one file.</summary>
internal sealed class PageSet
{
    /// <summary>One bit a page; grows with the highest page.</summary>
    private ulong[] _words = new ulong[1];

    /// <summary>The number of pages in the set.</summary>
    public int Count { get; private set; }

    /// <summary>The number after the highest page, zero without any.</summary>
    public int End
    {
        get
        {
            int last = _words.AsSpan().LastIndexOfAnyExcept(0UL);
            return last < 0 ? 0 : (last << 6) + 64 - BitOperations.LeadingZeroCount(_words[last]);
        }
    }

    public bool Contains(int page) => page >> 6 < _words.Length && (_words[page >> 6] & (1UL << page)) != 0;

    /// <summary>Adds the pages from <paramref name="first"/> up to, without, <paramref name="end"/>.</summary>
    public void Add(int first, int end)
    {
        if (end > _words.Length << 6)
        {
            Array.Resize(ref _words, Math.Max((end + 63) >> 6, _words.Length * 2));
        }

        for (int page = first; page < end; page++)
        {
            ref ulong word = ref _words[page >> 6];
            ulong bit = 1UL << page;
            Count += (word & bit) == 0 ? 1 : 0;
            word |= bit;
        }
    }

    /// <summary>
    /// How many of the pages from <paramref name="first"/> up to <paramref name="end"/> are not in the set.
    /// </summary>
    public int CountMissing(int first, int end)
    {
        int missing = 0;
        for (int page = first; page < end; page++)
        {
            missing += Contains(page) ? 0 : 1;
        }

        return missing;
    }

    /// <summary>Removes <paramref name="end"/> and all pages above.</summary>
    public void RemoveFrom(int end)
    {
        for (int index = end >> 6; index < _words.Length; index++)
        {
            ulong kept = index == end >> 6 ? _words[index] & ((1UL << end) - 1) : 0;
            Count -= BitOperations.PopCount(_words[index]) - BitOperations.PopCount(kept);
            _words[index] = kept;
        }
    }

    /// <summary>Makes this set equal to <paramref name="other"/>.</summary>
    public void Assign(PageSet other)
    {
        if (_words.Length < other._words.Length)
        {
            _words = new ulong[other._words.Length];
        }

        other._words.CopyTo(_words, 0);
        Array.Clear(_words, other._words.Length, _words.Length - other._words.Length);
        Count = other.Count;
    }
}
