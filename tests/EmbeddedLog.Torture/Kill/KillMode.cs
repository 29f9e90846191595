using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Kill;

/// <summary>
/// Kills real processes at random moments, in their openings and closings too, and holds what they leave to what they
/// had acknowledged over a pipe. A directory sees up to <see cref="MaxLives"/> of them.
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
            // Flushes cost nothing in memory, so that there are many more of them, and much on a disk.
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
                // The run is to end at once.
            }
        }
    }
}
