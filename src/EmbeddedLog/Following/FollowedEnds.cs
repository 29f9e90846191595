using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following.Control;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Following;

/// <summary>Finds out how far a partition goes. One caller at a time.</summary>
internal sealed class FollowedEnds(ReaderEpochs readers, ILogger loggerUnderLock, PartitionIdentity identity)
{
    /// <summary>How often a slot is read that says less than the records, before it is taken to be wrong.</summary>
    private const int MaxReads = 20;

    /// <summary>
    /// Finds the end by the records, and whether what the slot tells agrees with it: what is told that is not there, or
    /// not told though it is there, does not count, unless what is missing is damaged itself: then whoever comes there
    /// is told. A kill between a frame and the end that counts it is the one thing beside damage that makes it differ.
    /// </summary>
    /// <param name="segments">The segments, with their ends.</param>
    /// <param name="files">The partition's small files.</param>
    /// <param name="fit">Checks them.</param>
    /// <param name="walked">What was walked before, which may do.</param>
    /// <param name="slot">The partition's slot, or null.</param>
    /// <param name="told">What it told before the files were read.</param>
    /// <param name="isTold">Whether that counts; false on return where it does not.</param>
    /// <exception cref="CorruptLogException">Something is damaged.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public unsafe FollowedEnd Find(
        SegmentList segments,
        FollowedFiles files,
        FollowedFit fit,
        FollowedTail? walked,
        byte* slot,
        ToldEnds told,
        ref bool isTold)
    {
        FollowedTail tail = walked?.IsOf(segments, files.Checkpoint) == true
            ? walked
            : new FollowedTail(segments, files.Checkpoint, files.Manifest.LogStartOffset, readers);
        tail.Advance();
        long durable = Math.Max(files.Checkpoint?.DurableEndOffset ?? 0, files.Manifest.LogStartOffset);
        if (!isTold)
        {
            return new FollowedEnd(tail.Offset, durable, tail);
        }

        // The owner may be on its way from a frame to the end that counts it.
        ToldEnds now = told;
        for (int attempt = 1; now.End < tail.Offset && attempt < MaxReads; attempt++)
        {
            now = ToldEnds.Read(slot);
        }

        bool isDamaged = told.End > tail.Offset && !tail.IsAtEnd();
        if (!isDamaged && (told.End > tail.Offset || now.End < tail.Offset))
        {
            fit.CheckFiles(segments, tail.Offset);
            if (told.End > tail.Offset)
            {
                FollowingLog.ControlIsWrong(loggerUnderLock, identity.Id, told.End, tail.Offset);
            }

            isTold = false;
            return new FollowedEnd(tail.Offset, durable, tail);
        }

        return new FollowedEnd(isDamaged ? told.End : tail.Offset, Math.Max(durable, now.Durable), tail);
    }
}
