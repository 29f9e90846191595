using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// Real processes whose users are the trouble: what they hand over throws, is slow and calls back; handles run out and
/// come back; the thread pool is held; the directory is moved or removed under the log. No process dies or hangs, and
/// nothing acknowledged is lost. There are no listeners of metrics among them, for the library has no metrics yet.
/// </summary>
internal sealed class UserMode : ITortureMode
{
    private const int MinLives = 3;
    private const int MaxLives = 8;

    public string Name => "user";

    public string Description => "A real process whose own code, handles, threads and directory make trouble.";

    public string Unit => "lives";

    public long DefaultCount => 100;

    public async Task RunAsync(TortureRun run)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TortureSkippedException("It takes handles away by a limit, which is for Linux.");
        }

        while (run.TryNext(out int seed, weight: 0))
        {
            using ScratchDirectory scratch = new(Name, inMemory: seed % 2 == 0);
            UserStory story = new(run, seed, scratch);
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
