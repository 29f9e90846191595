using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Recovery;

/// <summary>
/// The files in a partition's directory that its manifest does not list: spares that were made ahead, segments that
/// retention or a recovery has dropped, and unfinished files of a crash.
/// </summary>
internal sealed class UnlistedFiles
{
    private readonly SegmentResources _segments;
    private readonly SessionState _session;
    private readonly PartitionIdentity _identity;
    private readonly IReadOnlyCollection<string> _names;

    public UnlistedFiles(
        SegmentResources segments,
        SessionState session,
        PartitionIdentity identity,
        IReadOnlyCollection<string> names)
    {
        _segments = segments;
        _session = session;
        _identity = identity;
        _names = names;
    }

    /// <summary>
    /// Checks that the manifest has not lost a segment: an unlisted segment with records is deleted only if something
    /// proves that it was given up. Call it before anything is added to the manifest.
    /// </summary>
    /// <param name="nextSequence">The manifest's next sequence, as it was found.</param>
    /// <param name="epoch">The checkpoint's epoch: a recovery has judged the records of earlier ones.</param>
    /// <param name="endOffset">The end of the listed segments; an unlisted segment below it is an unfinished
    /// copy.</param>
    /// <exception cref="CorruptLogException">A segment with records is not listed.</exception>
    public void CheckThatNoneIsMissed(uint nextSequence, uint epoch, long endOffset)
    {
        foreach (string name in _names)
        {
            // A segment with a number below the next one was listed once and then dropped by a record of the manifest,
            // or is a copy of listed records.
            if (!SegmentFileName.IsSegment(name, out uint sequence) || sequence < nextSequence)
            {
                continue;
            }

            string path = Path.Combine(_identity.Directory, name);
            if (Read(path) is not { } found || found.Epoch < epoch || !IsMissed(found, endOffset))
            {
                continue;
            }

            throw FileErrors.Corrupt(
                _identity.Id,
                Path.Combine(_identity.Directory, Manifest.FileName),
                0,
                $"it does not list '{path}', which holds records: it was put back, or has lost what was in it",
                $"segment {sequence} from offset {found.BaseOffset} on",
                $"segments up to offset {endOffset}",
                found.BaseOffset);
        }
    }

    /// <summary>
    /// Records are appended to listed segments only. The list is complete in a cache that has survived, and after a
    /// clean close. After a loss of power a segment of which nothing was flushed may have lost its manifest record. It
    /// is then the torn end of the log, unless one of its frames claims otherwise.
    /// </summary>
    private bool IsMissed(in Content found, long endOffset) =>
        _session.Clean || _session.CacheSurvived
            ? found.BaseOffset >= endOffset
            : found.ClaimedDurableEnd > endOffset;

    /// <summary>Deletes them all. A failure to delete one is logged and leaves it for the next opening.</summary>
    /// <exception cref="FileSystemException">The manifest cannot be made durable; nothing was deleted.</exception>
    public void Delete(Manifest manifest)
    {
        HashSet<uint> listed = [.. manifest.Segments.Select(entry => entry.Sequence)];
        string[] gone = [.. _names.Where(name =>
            (name.EndsWith(StoredFile.UnfinishedSuffix, StringComparison.Ordinal) && OwnNames.IsInPartition(name))
            || (SegmentFileName.TryParse(name, out uint sequence) && !listed.Contains(sequence)))];
        if (gone.Length == 0)
        {
            return;
        }

        // A killed process may have left the manifest in the page cache only. A power loss must not bring back an older
        // one that lists the files that are deleted now.
        manifest.Flush();
        SegmentFactory factory = new(_segments, _identity);
        Array.ForEach(gone, name => factory.TryDelete(Path.Combine(_identity.Directory, name)));
    }

    /// <summary>
    /// The contents of a segment of this partition with at least one record at its beginning; otherwise null.
    /// </summary>
    private unsafe Content? Read(string path)
    {
        using LogFile file = _segments.Platform.Files.OpenFile(path, FileOpening.Read);
        byte[] page = new byte[SegmentHeader.PageBytes];
        long length = Math.Min(file.Length, FormatLimits.MaxSegmentBytes);
        if (file.Read(page, 0) < page.Length || length <= SegmentHeader.PageBytes
            || SegmentHeader.TryRead(page, out SegmentHeader header) != BlockStatus.Valid
            || header.TopicUid != _identity.TopicUid || header.Partition != _identity.Id.Partition)
        {
            return null;
        }

        using MappedMemory map = file.Map(length, writable: false);
        uint seed = FrameCrc.SegmentSeed(header.Uid);
        if (!map.TryPrepareForRead(0, length)
            || FrameReader.Check(map.Pointer, seed, SegmentHeader.PageBytes, length, out _) != FrameCheck.Valid)
        {
            return null;
        }

        FrameSearch frames = FrameSearch.Search(map.Pointer, seed, header.BaseOffset, SegmentHeader.PageBytes, length);
        return new Content(header.BaseOffset, header.Epoch, frames.ClaimedDurableEnd);
    }

    /// <summary>The contents of a segment's file.</summary>
    private readonly record struct Content(long BaseOffset, uint Epoch, long ClaimedDurableEnd);
}
