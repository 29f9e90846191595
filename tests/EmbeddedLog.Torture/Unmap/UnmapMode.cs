using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Unmap;

/// <summary>
/// Readers with leases and without, on real threads and files, while retention deletes their segments, unused segments
/// are closed, and finally the log is closed.
/// </summary>
internal sealed class UnmapMode : ITortureMode
{
    public string Name => "unmap";

    public string Description => "Readers with leases and without, against retention that deletes under them.";

    public string Unit => "rounds";

    public long DefaultCount => 20;

    public async Task RunAsync(TortureRun run)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TortureSkippedException("It looks for what is left mapped in /proc, which is for Linux.");
        }

        while (run.TryNext(out int seed))
        {
            using ScratchDirectory scratch = new(Name);
            UnmapRound round = new(run, seed, scratch["log"]);
            try
            {
                await round.PlayAsync();
                OpenHandles.ThrowIfAnyUnder(scratch.Path);
            }
            catch (Exception violation) when (violation is LoadViolationException or EmbeddedLogException)
            {
                scratch.Keep = true;
                run.Violation(seed, $"{violation.Message}\nin {round}\nThe directory is kept: {scratch.Path}");
            }
        }
    }
}
