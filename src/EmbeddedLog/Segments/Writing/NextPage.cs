namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Decides which page is entered before a frame reaches it. Numbers in, decision out; the writer does it.
/// </summary>
/// <remarks>
/// To enter a page takes the kernel 15 to 60 us on an idle machine, an append 0.5. Records that come one by one leave
/// time for it behind each. The benchmark that justifies it is <c>latency-written-inline-p99</c> in
/// benchmarks/EmbeddedLog.Comparison.
/// </remarks>
/// <param name="pageBytes">What a touch brings in: 4, 16 or 64 KiB.</param>
internal struct NextPage(int pageBytes)
{
    /// <summary>So near to its end a page is left soon, by a record of a usual size.</summary>
    private const int NearEndBytes = 512;

    private readonly int _pageBytes = pageBytes;

    /// <summary>The position of the page that was entered last.</summary>
    private long _entered;

    /// <summary>
    /// Whether the page behind the tail is to be entered now: once, for a flush may follow that takes it along.
    /// </summary>
    /// <param name="tail">Where the next frame begins.</param>
    /// <param name="preparedEnd">The pages up to here are entered already.</param>
    /// <param name="allocated">The blocks up to here are there; a page without one must not be touched.</param>
    /// <param name="page">The position of the page.</param>
    public bool TryEnter(long tail, long preparedEnd, long allocated, out long page)
    {
        page = (tail + _pageBytes) & -_pageBytes;
        if (page - tail > NearEndBytes || page == _entered || page < preparedEnd || page + sizeof(ulong) > allocated)
        {
            return false;
        }

        _entered = page;
        return true;
    }
}
