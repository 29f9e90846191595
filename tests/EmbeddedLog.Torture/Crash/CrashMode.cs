using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Torture.Crash;

/// <summary>
/// Plays random programs on a log over the simulated machine, which crashes at random points, also during recoveries,
/// and compares the log afterwards with a model.
/// </summary>
internal sealed class CrashMode : ITortureMode
{
    public string Name => "crash";

    public string Description =>
        "Random programs on a simulated disk that crashes anywhere, in recoveries too, compared with a model.";

    public string Unit => "states";

    public long DefaultCount => 100_000;

    public async Task RunAsync(TortureRun run)
    {
        Task[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => StartWorker(run))];
        await Task.WhenAll(workers);
    }

    private static Task StartWorker(TortureRun run) => Task.Factory.StartNew(
        () => Work(run), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Work(TortureRun run)
    {
        while (run.TryNext(out int seed, weight: 0))
        {
            ModelStatistics statistics = new();
            try
            {
                ModelRunner.Check(seed, statistics);
            }
            catch (ModelViolationException violation)
            {
                run.Violation(seed, violation.Message);
            }

            run.NoteUnits(statistics.CrashedStates);
            run.Add("programs", statistics.Programs);
            run.Add("kills", statistics.Kills);
            run.Add("power-losses", statistics.PowerLosses);
            run.Add("remounts", statistics.Remounts);
            run.Add("crashed-recoveries", statistics.CrashedRecoveries);
            run.Add("records-copied", statistics.RecordsCopied);
            run.Add("torn-tails", statistics.TornTails);
        }
    }
}
