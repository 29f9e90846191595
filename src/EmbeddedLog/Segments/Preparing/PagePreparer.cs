using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Segments.Preparing;

/// <summary>
/// Makes pages ready ahead of a partition's writer, and takes large ones back. Separate from
/// <see cref="SegmentPreparer"/>, which waits for the disk: pages cannot wait, because a bulk reaches them within
/// milliseconds.
/// </summary>
internal sealed class PagePreparer
{
    private readonly TopicPartition _partition;
    private readonly ReaderEpochs _readers;
    private readonly ILogger _logger;
    private readonly SerialWorker _worker;
    private readonly Lock _gate = new();

    /// <summary>The pages to prepare; null if there are none. Under the gate.</summary>
    private PageRange? _pages;

    /// <summary>The writer whose segment's index needs room; null if none does. Under the gate.</summary>
    private SegmentWriter? _short;

    /// <param name="partition">The partition.</param>
    /// <param name="readers">Keep memory mapped while it is used.</param>
    /// <param name="work">Runs the requests.</param>
    /// <param name="logger">Logs failures.</param>
    public PagePreparer(TopicPartition partition, ReaderEpochs readers, WorkQueue work, ILogger logger)
    {
        _partition = partition;
        _readers = readers;
        _logger = logger;
        _worker = new SerialWorker(work, Prepare);
    }

    /// <summary>Requests pages; of several requests the last one counts.</summary>
    public void Request(PageRange pages) => Request(pages, null);

    /// <summary>Requests room in the index of a writer's segment.</summary>
    public void RequestIndexRoom(SegmentWriter writer) => Request(null, writer);

    /// <summary>
    /// Takes no more requests; completes when the last one is done. A request that no thread has begun is done here.
    /// </summary>
    public Task StopAsync() => _worker.StopAsync();

    /// <summary>
    /// Takes large pages back. Called after a flush and before the release of its waiters: everything is on the disk
    /// then, and mostly no thread appends.
    /// </summary>
    /// <exception cref="FileSystemException">What was just flushed cannot be read.</exception>
    public void Shrink(MappedSegmentWriter writer) =>
        WithFile(writer, writer, static (file, one) => one.ShrinkPages(file, one.FlushedEnd));

    /// <summary>Makes the next flush up to a tail cheaper, if it takes many small pages.</summary>
    public void PrepareFlush(SegmentWriter writer, long tail)
    {
        const long MinBytes = 64 << 10;
        if (tail - writer.FlushedEnd >= MinBytes && writer is MappedSegmentWriter { HasLargePages: false } mapped)
        {
            WithFile(mapped, tail, (_, end) => mapped.ForgetTouches(mapped.FlushedEnd, end));
        }
    }

    private void Prepare()
    {
        while (TryTakeWork(out PageRange? pages, out SegmentWriter? indexed))
        {
            try
            {
                indexed?.Segment.Index.MakeRoom(indexed.Capacity);
                if (pages is not null)
                {
                    WithFile(
                        pages.Writer,
                        pages,
                        static (file, range) => range.Writer.Prepare(file, range.From, range.To, range.Large));
                }
            }
            catch (Exception failure) when (failure is IOException or EmbeddedLogException)
            {
                // The append that needs it tries again and throws.
                StorageLog.PreparationFailed(_logger, failure, _partition);
            }
        }
    }

    private void WithFile<T>(MappedSegmentWriter writer, T argument, Action<LogFile, T> action)
    {
        ReaderSlot slot = _readers.Rent();
        slot.Enter();
        LogFile? file = writer.File.TryUse();
        try
        {
            // Without a descriptor the segment has ended and was flushed; without a map retention has removed it.
            if (file is not null && writer.Segment.IsMapped)
            {
                action(file, argument);
            }
        }
        finally
        {
            if (file is not null)
            {
                writer.File.Release();
            }

            _readers.Return(slot);
        }
    }

    private void Request(PageRange? pages, SegmentWriter? indexed)
    {
        lock (_gate)
        {
            _pages = pages ?? _pages;
            _short = indexed ?? _short;
        }

        _worker.Request();
    }

    private bool TryTakeWork(out PageRange? pages, out SegmentWriter? indexed)
    {
        lock (_gate)
        {
            pages = _pages;
            indexed = _short;
            _pages = null;
            _short = null;
            return pages is not null || indexed is not null;
        }
    }
}
