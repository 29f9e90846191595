using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Kill;

/// <summary>
/// Kills real processes at random moments, also while they open and close the log, and compares the log with what they
/// acknowledged over a pipe. Up to <see cref="MaxLives"/> processes use one directory.
/// </summary>
internal sealed class KillMode : ITortureMode
{
    private const int MinLives = 10;
    private const int MaxLives = 30;

    public string Name => "kill";

    public string Description => "A real process under load, killed at random moments, against what it acknowledged.";

    public string Unit => "kills";

    public long DefaultCount => 200;

    public async Task RunAsync(TortureRun run)
    {
        while (run.TryNext(out int seed, weight: 0))
        {
            // Flushes are cheap in memory, which allows many more of them than a disk does.
            using ScratchDirectory scratch = new(Name, inMemory: seed % 2 == 0);
            await using KillStory story = new(run, seed, scratch);
            try
            {
                await story.PlayAsync(new Random(seed).Next(MinLives, MaxLives + 1));
            }
            catch (LoadViolationException violation)
            {
                scratch.Keep = true;
                run.Violation(seed, story.Describe(violation));
            }
            catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
            {
                // The run must end at once.
            }
        }
    }
}
