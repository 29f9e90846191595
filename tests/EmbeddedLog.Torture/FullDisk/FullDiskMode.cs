using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.FullDisk;

/// <summary>
/// Fills real file systems under load and frees space again. Appends must be refused while the disk is full and succeed
/// afterwards; no partition may fail, the process must live, and all acknowledged records must be there, also after a
/// kill on the full disk.
/// </summary>
internal sealed class FullDiskMode : ITortureMode
{
    private static readonly string[] s_types = ["tmpfs", "ext4", "xfs", "btrfs"];

    public string Name => "fulldisk";

    public string Description => "Real file systems filled to the brim under load, then given space again.";

    public string Unit => "rounds";

    public long DefaultCount => s_types.Length;

    public async Task RunAsync(TortureRun run)
    {
        Array.ForEach(s_types[1..], Volume.Require);
        while (run.TryNext(out int seed))
        {
            string type = s_types[seed & 3];
            using ScratchDirectory scratch = new(Name, inMemory: true);
            LoadHistory history = new();
            try
            {
                using FullDiskStory story = new(run, seed, type, scratch, history);
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
