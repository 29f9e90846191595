namespace EmbeddedLog.Segments.Writing;

/// <summary>
/// Decides which page is entered before a frame reaches it. It only decides; the writer enters the page.
/// </summary>
/// <remarks>
/// To enter a page takes the kernel 15 to 60 us on an idle machine. If records come one by one, there is time for it
/// after each. The benchmark that justifies it is <c>latency-written-inline-p99</c> in
/// benchmarks/EmbeddedLog.Comparison.
/// </remarks>
/// <param name="pageBytes">The size of a page: 4, 16 or 64 KiB.</param>
internal struct NextPage(int pageBytes)
{
    /// <summary>The distance from a page's end at which a record of usual size will soon leave the page.</summary>
    private const int NearEndBytes = 512;

    private readonly int _pageBytes = pageBytes;

    /// <summary>The position of the page that was entered last.</summary>
    private long _entered;

    /// <summary>
    /// Whether to enter the page behind the tail now. Only once for each page, because a flush that follows would write
    /// it.
    /// </summary>
    /// <param name="tail">Where the next frame begins.</param>
    /// <param name="preparedEnd">The pages up to here are entered already.</param>
    /// <param name="allocated">The blocks up to here are reserved; a page without a block must not be touched.</param>
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
