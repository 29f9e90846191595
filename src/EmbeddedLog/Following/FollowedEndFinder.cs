using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Following.Control;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Following;

/// <summary>Finds out how far a partition goes. One caller at a time.</summary>
internal sealed class FollowedEndFinder(ReaderEpochs readers, ILogger loggerUnderLock, PartitionIdentity identity)
{
    /// <summary>How often a slot with a lower end than the records is read again, before it counts as wrong.</summary>
    private const int MaxReads = 20;

    /// <summary>
    /// Finds the end by the records, and compares the slot with it. A slot with another end is ignored, unless the
    /// missing records are damaged: a reader that comes there then gets the exception. Beside damage, only a kill
    /// between a frame and the store of its end makes the two differ.
    /// </summary>
    /// <param name="segments">The segments, with their ends.</param>
    /// <param name="files">The partition's small files.</param>
    /// <param name="fit">Checks them.</param>
    /// <param name="walked">An earlier walk, which may still be valid.</param>
    /// <param name="slot">The partition's slot, or null.</param>
    /// <param name="told">Its contents before the files were read.</param>
    /// <param name="isTold">Whether the slot is valid; false on return if it is not.</param>
    /// <exception cref="CorruptLogException">Something is damaged.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public unsafe FollowedEnd Find(
        SegmentList segments,
        FollowedFiles files,
        FollowedFilesCheck fit,
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

        // The owner may be between a frame and the store of its end.
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
