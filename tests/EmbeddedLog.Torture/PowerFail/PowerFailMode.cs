using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.PowerFail;

/// <summary>
/// Ends real file systems under a working log as a loss of power does, mounts them again, and compares the log with
/// what was acknowledged as flushed.
/// </summary>
/// <remarks>
/// The call drops everything that is only in memory: dirty pages and the journal's open transaction. Data that the
/// system has already written back is on the disk, and each page is old or new as a whole; torn and reordered sectors
/// are part of the mode <c>crash</c>.
/// </remarks>
internal sealed class PowerFailMode : ITortureMode
{
    private static readonly string[] s_types = ["ext4", "xfs"];

    public string Name => "powerfail";

    public string Description => "Real file systems, ended without a flush under load and mounted again.";

    public string Unit => "failures";

    public long DefaultCount => 20;

    public async Task RunAsync(TortureRun run)
    {
        Array.ForEach(s_types, Volume.Require);
        while (run.TryNext(out int seed, weight: 0))
        {
            string type = s_types[seed & 1];
            using ScratchDirectory scratch = new(Name);
            LoadHistory history = new() { OpeningsKeepAll = false };
            try
            {
                using PowerFailStory story = new(run, seed, type, scratch, history);
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
