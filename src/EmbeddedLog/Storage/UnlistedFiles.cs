using EmbeddedLog.Format;
using EmbeddedLog.IO;

namespace EmbeddedLog.Storage;

/// <summary>
/// The files in a partition's directory that its manifest does not list: spares that were made ahead, segments that
/// retention or a recovery has dropped, and what a crash has left unfinished.
/// </summary>
internal sealed class UnlistedFiles
{
    private readonly StorageContext _context;
    private readonly PartitionIdentity _identity;
    private readonly IReadOnlyCollection<string> _names;

    public UnlistedFiles(StorageContext context, PartitionIdentity identity, IReadOnlyCollection<string> names)
    {
        _context = context;
        _identity = identity;
        _names = names;
    }

    /// <summary>
    /// Where the page cache has survived, checks that the manifest has not lost a segment: records are appended only
    /// to one that is listed. Call before anything is added to the manifest.
    /// </summary>
    /// <param name="manifest">The manifest as it was found.</param>
    /// <param name="endOffset">The end of the listed segments; what begins below it is an unfinished copy.</param>
    /// <exception cref="CorruptLogException">A segment with records is not listed.</exception>
    public void CheckThatNoneIsMissed(Manifest manifest, long endOffset)
    {
        if (!_context.Session.CacheSurvived)
        {
            return;
        }

        foreach (string name in _names)
        {
            // A number below those yet to be given was listed once, or is that of a copy of what is listed.
            if (SegmentFileName.IsSegment(name, out uint sequence) && sequence >= manifest.NextSequence
                && FindBaseOffset(Path.Combine(_identity.Directory, name)) is { } baseOffset && baseOffset >= endOffset)
            {
                throw StorageErrors.Corrupt(
                    _identity.Id,
                    Path.Combine(_identity.Directory, Manifest.FileName),
                    0,
                    "a segment is not listed",
                    $"segment {sequence} from offset {baseOffset} on",
                    $"segments up to offset {endOffset}",
                    baseOffset);
            }
        }
    }

    /// <summary>Deletes them all. A failure to delete one is told and leaves it for the next opening.</summary>
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

        // The manifest may say so in the page cache only, left there by a process that was killed. A power loss must
        // not bring back an older one that lists what is deleted now.
        manifest.Flush();
        SegmentFactory factory = new(_context, _identity);
        Array.ForEach(gone, name => factory.TryDelete(Path.Combine(_identity.Directory, name)));
    }

    /// <summary>The base offset of a segment of this partition that has at least one record; otherwise null.</summary>
    private unsafe long? FindBaseOffset(string path)
    {
        using LogFile file = _context.Platform.Files.OpenFile(path, FileOpening.Read);
        byte[] page = new byte[SegmentHeader.PageBytes];
        long length = Math.Min(file.Length, FormatLimits.MaxSegmentBytes);
        if (file.Read(page, 0) < page.Length || length <= SegmentHeader.PageBytes
            || SegmentHeader.TryRead(page, out SegmentHeader header) != HeaderStatus.Valid
            || header.TopicUid != _identity.TopicUid || header.Partition != _identity.Id.Partition)
        {
            return null;
        }

        using MappedMemory map = file.Map(length, writable: false);
        return map.TryPrepareForRead(0, length)
            && FrameReader.Check(
                map.Pointer, FrameCrc.SegmentSeed(header.Uid), SegmentHeader.PageBytes, length, out _)
            == FrameCheck.Valid
            ? header.BaseOffset
            : null;
    }
}
