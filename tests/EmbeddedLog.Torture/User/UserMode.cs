using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// Real processes in trouble: the user's code throws, is slow and calls the log; handles run out and come back; the
/// thread pool is occupied; the directory is moved or removed while the log is open. No process may die or hang, and
/// nothing acknowledged may be lost.
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
                // The run must end at once.
            }
        }
    }
}
