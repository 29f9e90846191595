using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.PowerFail;

/// <summary>
/// Ends real file systems under a working log as a loss of power does, mounts them again, and holds what is there to
/// what was acknowledged as flushed.
/// </summary>
/// <remarks>
/// The call that does it drops what is only in memory: dirty pages and the journal's open transaction. What the system
/// had written back by itself by then is on the disk, and pages are old or new as a whole; torn and reordered sectors
/// are for mode <c>crash</c>.
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
                // The run is to end at once.
            }
        }
    }
}
