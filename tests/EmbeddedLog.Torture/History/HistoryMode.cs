using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.History;

/// <summary>
/// Members of groups on real threads, which come, go, are late, commit and are disposed while records are appended: a
/// history of all that they did is checked as it is written.
/// </summary>
internal sealed class HistoryMode : ITortureMode
{
    public string Name => "history";

    public string Description => "Members of groups that come, go and are late, against the history of what they did.";

    public string Unit => "operations";

    public long DefaultCount => 1_000_000;

    public async Task RunAsync(TortureRun run)
    {
        while (run.TryNext(out int seed, HistoryRound.Records))
        {
            using ScratchDirectory scratch = new(Name);
            GroupHistory history = new();
            try
            {
                await new HistoryRound(seed, scratch["log"], history).PlayAsync();
            }
            catch (Exception violation) when (violation is LoadViolationException or EmbeddedLogException)
            {
                scratch.Keep = true;
                run.Violation(seed, $"{violation.Message}\n{history}\nThe directory is kept: {scratch.Path}");
            }

            run.NoteUnits(Math.Max(0, history.Operations - HistoryRound.Records));
            run.Add("handled", history.Handled);
            run.Add("commits", history.Commits);
            run.Add("assigned", history.Assigned);
            run.Add("put-out", history.Lost);
            run.Add("refused-commits", history.Refused);
        }
    }
}
