using System.Runtime.InteropServices;
using EmbeddedLog.Errors;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Safety;
using EmbeddedLog.Segments.Preparing;
using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Carries flush plans out: the segments oldest first, then the manifest and the directory that name them. Only the
/// flusher uses it.
/// </summary>
internal sealed class FlushExecutor
{
    private readonly FileSystem _files;
    private readonly PartitionIdentity _identity;
    private readonly PartitionPlace _place;
    private readonly Manifest _manifest;
    private readonly PartitionWriter _writer;
    private readonly PagePreparer _pages;

    /// <param name="files">The file system.</param>
    /// <param name="identity">The partition.</param>
    /// <param name="place">Where its directory must be.</param>
    /// <param name="manifest">Its list of segments.</param>
    /// <param name="writer">Makes the plans.</param>
    /// <param name="pages">Makes the pages cheaper to flush.</param>
    public FlushExecutor(
        FileSystem files,
        PartitionIdentity identity,
        PartitionPlace place,
        Manifest manifest,
        PartitionWriter writer,
        PagePreparer pages)
    {
        _files = files;
        _identity = identity;
        _place = place;
        _manifest = manifest;
        _writer = writer;
        _pages = pages;
    }

    /// <summary>Flushes the segments of a plan, oldest first.</summary>
    public void FlushSegments(FlushPlan plan)
    {
        foreach ((SegmentWriter writer, long tail) in plan.Targets)
        {
            _pages.PrepareFlush(writer, tail);
            if (Protections.IsOut(Protection.PreviousSegmentFlush) && writer != plan.Targets[^1].Writer)
            {
                continue;
            }

            FlushSegment(writer, tail);
        }
    }

    /// <summary>
    /// Adds the segments of a plan to a flush together with other partitions; their files stay open until
    /// <see cref="EndJoined"/>. False, and nothing is added, if one is closed already.
    /// </summary>
    public bool TryJoin(FlushPlan plan, List<FileFlush> flushes)
    {
        int before = flushes.Count;
        foreach ((SegmentWriter writer, long tail) in plan.Targets)
        {
            if (writer.File.TryUse() is not { } file)
            {
                Release(plan, flushes.Count - before);
                flushes.RemoveRange(before, flushes.Count - before);
                return false;
            }

            flushes.Add(new FileFlush(file, writer.FlushedEnd, tail - writer.FlushedEnd));
            _pages.PrepareFlush(writer, tail);
        }

        return true;
    }

    /// <summary>Releases the files; throws a failure of the flushes of <see cref="TryJoin"/>.</summary>
    /// <exception cref="FileSystemException">One has failed.</exception>
    public static void EndJoined(FlushPlan plan, ReadOnlySpan<FileFlush> flushes)
    {
        Release(plan, flushes.Length);
        foreach (ref readonly FileFlush flush in flushes)
        {
            if (flush.Failure is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>Carries out the rest of a plan when its segments are flushed.</summary>
    public void End(FlushPlan plan)
    {
        // Once the directory is known to be gone, nothing more is acknowledged; it is checked where names are flushed.
        if ((plan.SyncDirectory ? _place.FindGone() : _place.KnownGone) is { } gone)
        {
            throw gone;
        }

        // A record is not flushed while a power loss could take its segment's name or manifest entry.
        FlushManifest();
        if (plan.SyncDirectory && !Protections.IsOut(Protection.DirectorySync))
        {
            _files.SyncDirectory(_identity.Directory);
        }

        if (_writer.NoteFlushed(plan) is { } large)
        {
            _pages.Shrink(large);
        }
    }

    /// <summary>Makes the list of segments and the log's start durable.</summary>
    /// <exception cref="FileSystemException">It failed; for good if that was a flush.</exception>
    public void FlushManifest() => _manifest.Flush();

    private static void Release(FlushPlan plan, int count)
    {
        foreach ((SegmentWriter writer, _) in CollectionsMarshal.AsSpan(plan.Targets)[..count])
        {
            writer.File.Release();
        }
    }

    private static void FlushSegment(SegmentWriter writer, long tail)
    {
        if (writer.File.TryUse() is not { } file)
        {
            // Retention closes the files of removed segments, also after a plan was made.
            if (writer.Segment.IsRemoved)
            {
                return;
            }

            throw SharedErrors.Disposed();
        }

        try
        {
            file.Flush(writer.FlushedEnd, tail - writer.FlushedEnd);
        }
        finally
        {
            writer.File.Release();
        }
    }
}
