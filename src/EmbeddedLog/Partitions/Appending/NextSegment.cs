using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Appending;

/// <summary>Makes a partition's next segment. Used under the append lock.</summary>
internal sealed class NextSegment
{
    private readonly PartitionIdentity _identity;
    private readonly PartitionState _state;
    private readonly PartitionPlace _place;
    private readonly Manifest _manifest;
    private readonly SegmentPreparer _preparer;
    private readonly IFlushControl _control;
    private readonly uint _epoch;

    /// <param name="identity">The partition.</param>
    /// <param name="state">Its state.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="manifest">Its list of segments.</param>
    /// <param name="preparer">Gives the file, made ahead or now.</param>
    /// <param name="control">Starts a flush, which fails its waiters if the directory is gone.</param>
    /// <param name="epoch">The epoch of new records.</param>
    public NextSegment(
        PartitionIdentity identity,
        PartitionState state,
        PartitionPlace place,
        Manifest manifest,
        SegmentPreparer preparer,
        IFlushControl control,
        uint epoch)
    {
        _identity = identity;
        _state = state;
        _place = place;
        _manifest = manifest;
        _preparer = preparer;
        _control = control;
        _epoch = epoch;
    }

    /// <summary>
    /// Makes it, and enters it in the manifest. When this throws, nothing has changed, except that a spare file may be
    /// kept for next time.
    /// </summary>
    /// <param name="previous">The previous segment's writer; or null.</param>
    /// <param name="settings">The topic's settings.</param>
    /// <param name="now">The time.</param>
    /// <param name="spare">The file that was used.</param>
    /// <exception cref="PartitionFailedException">The directory is gone.</exception>
    /// <exception cref="FileSystemException">There is no space, or another failure.</exception>
    public SegmentWriter MakeUnsynchronized(
        SegmentWriter? previous, PartitionSettings settings, long now, out SpareSegment spare)
    {
        if (_place.FindGone() is { } gone)
        {
            // The next round fails the waiters for a flush.
            _state.Failure ??= PartitionErrors.Failed(_identity.Id, gone);
            _control.RequestFlush();
            throw _state.UnusableError(_identity.Id);
        }

        Segment? before = previous?.Segment ?? _state.Segments.Last;
        spare = _preparer.TakeSpareUnsynchronized(settings.Shape);
        SegmentEntry entry = new(
            spare.Sequence,
            Uids.New(),
            _state.PublishedEnd,
            _epoch,
            before?.Entry.Uid ?? 0,
            previous?.Tail ?? before?.EndPosition ?? 0);
        SegmentWriter next = _preparer.Factory.Adopt(spare, entry, now);
        _manifest.Add(entry);
        _preparer.SpareIsUsedUnsynchronized();
        return next;
    }
}
