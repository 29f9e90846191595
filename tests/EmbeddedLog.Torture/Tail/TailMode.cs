using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// A process follows the live tail read-only while others own the log, one after the other: they append, roll, remove
/// by retention, are killed and close. Every other round has records and batches of every size up to the limit. The
/// follower must read every appended record once, in order, up to the end.
/// </summary>
internal sealed class TailMode : ITortureMode
{
    private const int Lives = 8;

    public string Name => "tail";

    public string Description => "A second process follows the live tail while owners append, delete, die and reopen.";

    public string Unit => "rounds";

    public long DefaultCount => 5;

    public async Task RunAsync(TortureRun run)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TortureSkippedException("It looks for what is left mapped in /proc, which is for Linux.");
        }

        while (run.TryNext(out int seed))
        {
            // In turn on a disk, in memory, and on a file system where no file is mapped for writing.
            using ScratchDirectory scratch = new(Name, inMemory: seed % 3 != 0);
            using OverlayMount? overlay = seed % 3 == 2 ? OverlayMount.TryMake(scratch["overlay"]) : null;
            run.Add("unmapped", overlay is null ? 0 : 1);
            try
            {
                await new TailRound(run, seed, Path.Combine(overlay?.Path ?? scratch.Path, "log")).PlayAsync(Lives);
            }
            catch (Exception violation) when (violation is TailViolationException or TimeoutException or IOException)
            {
                scratch.Keep = true;
                run.Violation(seed, $"{violation.Message}\nThe directory is kept: {scratch.Path}");
            }
            catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
            {
                // The run must end at once.
            }
        }
    }
}
