namespace EmbeddedLog.Torture.Faults;

/// <summary>
/// Lets each call to the file system in a log's life fail, with every error, once and for good, and checks the log
/// afterwards. A seed is the number of a case; a run ends with the last case of its workload.
/// </summary>
internal sealed class FaultsMode : ITortureMode
{
    public string Name => "faults";

    public string Description =>
        "Every call of a log's life fails in turn, with every error, once and for good. Short lives have the seeds "
        + $"from {FaultCases.FirstShort} on, long ones those from {FaultCases.FirstLong} on.";

    public string Unit => "cases";

    public long DefaultCount => FaultCases.FirstLong - FaultCases.FirstShort;

    public Task RunAsync(TortureRun run)
    {
        FaultCases cases = FaultCases.CountFor(run.Seed);
        run.Tell($"the last case is {cases.Last}: {cases}");
        return Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => StartWorker(run, cases)));
    }

    private static Task StartWorker(TortureRun run, FaultCases cases) => Task.Factory.StartNew(
        () => Work(run, cases), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Work(TortureRun run, FaultCases cases)
    {
        while (run.TryNext(out int number))
        {
            if (number < FaultCases.FirstShort || number > cases.Last)
            {
                run.NoteUnits(-1);
                return;
            }

            FaultCase next = cases.Get(number);
            try
            {
                next.Play();
            }
#pragma warning disable CA1031 // Whatever comes out of a life that it did not foresee is a violation.
            catch (Exception violation)
#pragma warning restore CA1031
            {
                run.Violation(number, $"{next}: {violation}");
            }

            run.Add(next.Fault.Kind!.Value.ToString(), 1);
        }
    }
}
