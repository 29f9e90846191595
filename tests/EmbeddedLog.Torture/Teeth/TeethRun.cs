#if SWITCHABLE_PROTECTIONS

using EmbeddedLog.Safety;

namespace EmbeddedLog.Torture.Teeth;

/// <summary>Takes out each protection separately, on as many threads as there are processors.</summary>
internal sealed class TeethRun(TortureRun run)
{
    /// <summary>The protections not yet tested. Locked while used.</summary>
    private readonly Queue<Protection> _left = new(Enum.GetValues<Protection>());

    public Task RunAsync()
    {
        run.Add("protections", _left.Count);
        return Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => StartWorker()));
    }

    private Task StartWorker() => Task.Factory.StartNew(
        Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Work()
    {
        while (TryTake(out Protection protection))
        {
            Bite bite = Bite.Find(protection, run.Seed, run.Count, () => run.IsOver);
            run.NoteUnits(bite.States);
            if (bite.Seed is { } seed)
            {
                run.Add("caught", 1);
                run.Tell($"{protection}: caught by crash at seed {seed} after {bite.States} states: {bite.Told}");
            }
            else
            {
                run.Violation(run.Seed, $"{protection}: {bite.Told}", $"--count {run.Count}");
            }
        }
    }

    private bool TryTake(out Protection protection)
    {
        lock (_left)
        {
            return _left.TryDequeue(out protection);
        }
    }
}
#endif
