using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Liar;

/// <summary>
/// Lets flushes fail under load, kills the process, and opens the log again over a page cache whose pages are marked
/// clean but are not on the device. After the next life has worked for a while the device is read back.
/// </summary>
/// <remarks>
/// The device really fails: it is a loop device over an image in a file system in memory, whose free blocks are holes.
/// When that memory is used up, writes to new blocks fail, and the system marks their pages clean although they are
/// only in memory. Every third case fails single flushes by strace instead, at exact moments.
/// </remarks>
internal sealed class LiarMode : ITortureMode
{
    private static readonly string[] s_types = ["ext4", "xfs"];

    public string Name => "liar";

    public string Description => "Flushes that fail, a page cache that lies afterwards, and the device read back.";

    public string Unit => "rounds";

    public long DefaultCount => 5;

    public async Task RunAsync(TortureRun run)
    {
        Array.ForEach(s_types, Volume.Require);
        Tool.Require("fstrim", "util-linux");
        Tool.Require("strace", "strace");
        if (Tool.TryRun("strace", "-qq", "-o", "/dev/null", "true") is { Code: not 0, Error: string error })
        {
            throw new TortureSkippedException($"strace may not trace here: {error.Trim()}");
        }

        while (run.TryNext(out int seed, weight: 0))
        {
            string type = s_types[seed & 1];
            using ScratchDirectory scratch = new(Name);
            LoadHistory history = new();
            try
            {
                using LiarStory story = new(run, seed, type, scratch, history);
                await story.PlayAsync();
            }
            catch (LoadViolationException violation)
            {
                scratch.Keep = true;
                run.Violation(
                    seed, $"{type}: {violation.Message}{Environment.NewLine}{history}  evidence: {scratch.Path}");
            }
            catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
            {
                // The run must end at once.
            }
        }
    }
}
