using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Files;

/// <summary>Takes the lock of a log's directory, which one process at a time holds.</summary>
internal static class OwnerLock
{
    /// <summary>Takes the lock, and waits for the present owner up to a time-out.</summary>
    /// <exception cref="LogOwnedException">Another process or log holds it.</exception>
    /// <exception cref="LogDirectoryException">There can be no lock.</exception>
    public static async ValueTask<IDisposable> TakeAsync(
        Platform platform,
        string path,
        TimeSpan timeout,
        ILogger logger,
        WaitMode how,
        bool forOffsets,
        CancellationToken cancellationToken)
    {
        string lockPath = Path.Combine(path, OwnNames.Lock);
        long start = platform.Time.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(10);
        bool isTold = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryLock(platform.Files, path, lockPath, forOffsets) is { } taken)
            {
                if (isTold)
                {
                    StorageLog.OwnerHasLeft(logger, path, platform.Time.GetElapsedTime(start));
                }

                return taken;
            }

            if (timeout != Timeout.InfiniteTimeSpan && platform.Time.GetElapsedTime(start) >= timeout)
            {
                throw OwnerErrors.Owned(
                    path,
                    platform.Files.ReadLockOwner(lockPath),
                    timeout > TimeSpan.Zero ? Units.Duration(timeout) : null,
                    forOffsets);
            }

            if (!isTold)
            {
                isTold = true;
                StorageLog.WaitingForOwner(
                    logger,
                    path,
                    timeout == Timeout.InfiniteTimeSpan ? "without an end" : $"up to {Units.Duration(timeout)}",
                    OwnerErrors.Name(platform.Files.ReadLockOwner(lockPath)));
            }

            // The system cannot wait for a lock with a time-out, so this tries again, with growing pauses.
            await how.PauseAsync(pause, platform.Time, cancellationToken).ConfigureAwait(false);
            pause = pause < TimeSpan.FromMilliseconds(200) ? 2 * pause : pause;
        }
    }

    private static IDisposable? TryLock(FileSystem files, string path, string lockPath, bool forOffsets)
    {
        try
        {
            return files.TryLock(lockPath);
        }
        catch (FileSystemException failure)
        {
            throw DirectoryErrors.Unusable(path, failure, forOffsets);
        }
    }
}
