using EmbeddedLog.Concurrency;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Errors;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.Flushing;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Partitions;

/// <summary>Ends a partition: its appends, its flushes, its readers, its files, in this order.</summary>
internal sealed class PartitionClosing
{
    private readonly TopicPartition _id;
    private readonly PartitionState _state;
    private readonly PartitionFiles _files;
    private readonly PartitionWriter _writer;
    private readonly SegmentPreparer _preparer;
    private readonly GroupCommit _groupCommit;
    private readonly FlushWaiting _flushes;
    private readonly CleanCheckpoint _checkpoint;
    private readonly PartitionTrimmer _trimmer;
    private readonly Action<Exception> _closeToReaders;

    /// <param name="id">The partition.</param>
    /// <param name="state">Its state.</param>
    /// <param name="files">Its small files.</param>
    /// <param name="writer">Ends appends.</param>
    /// <param name="preparer">Works ahead of them.</param>
    /// <param name="groupCommit">Makes the last flush.</param>
    /// <param name="flushes">Waits for it.</param>
    /// <param name="checkpoint">Marks a clean close.</param>
    /// <param name="trimmer">Removes files.</param>
    /// <param name="closeToReaders">Ends all reading.</param>
    public PartitionClosing(
        TopicPartition id,
        PartitionState state,
        PartitionFiles files,
        PartitionWriter writer,
        SegmentPreparer preparer,
        GroupCommit groupCommit,
        FlushWaiting flushes,
        CleanCheckpoint checkpoint,
        PartitionTrimmer trimmer,
        Action<Exception> closeToReaders)
    {
        _id = id;
        _state = state;
        _files = files;
        _writer = writer;
        _preparer = preparer;
        _groupCommit = groupCommit;
        _flushes = flushes;
        _checkpoint = checkpoint;
        _trimmer = trimmer;
        _closeToReaders = closeToReaders;
    }

    /// <summary>
    /// Ends appends, flushes, and closes the files. Returns whether everything is on the disk and marked so, which lets
    /// the next opening trust it.
    /// </summary>
    public async ValueTask<bool> RunAsync(WaitMode how)
    {
        ClosingSteps steps = new();
        bool clean = false;
        Segment? active = null;
        steps.Do(_writer.Close);
        await steps.DoAsync(() => how.For(_trimmer.StopAsync())).ConfigureAwait(false);
        await steps.DoAsync(() => _flushes.WaitLastAsync(how)).ConfigureAwait(false);
        await steps.DoAsync(() => _groupCommit.StopAsync(how)).ConfigureAwait(false);
        await steps.DoAsync(() => how.For(_preparer.StopAsync())).ConfigureAwait(false);
        steps.Do(() => clean = _checkpoint.TryWrite());
        steps.Do(() => active = _writer.Release());
        if (clean)
        {
            steps.Do(() => active?.Index.Save());
        }

        steps.Do(_preparer.DiscardSpare);
        steps.Do(() => _closeToReaders(_state.ClosedError(_id)));
        RemoveSegments(steps);
        steps.Do(_trimmer.DeleteUndeleted);
        steps.Do(_files.Dispose);
        steps.ThrowIfAny();
        return clean;
    }

    /// <summary>Closes the files of a partition whose log does not open, without another write.</summary>
    public void Abandon()
    {
        ClosingSteps steps = new();
        steps.Do(_writer.Close);
        steps.Do(() => _closeToReaders(SharedErrors.Disposed()));
        steps.Do(() => _writer.Release());
        RemoveSegments(steps);
        steps.Do(_files.Dispose);
        steps.ThrowIfAny();
    }

    private void RemoveSegments(ClosingSteps steps)
    {
        SegmentList segments = _state.Segments;
        foreach (Segment segment in segments.Items)
        {
            steps.Do(segment.Remove);
        }
    }
}
