namespace EmbeddedLog.Comparison.Durable;

/// <summary>Appends that wait for a commit, and a loop that commits as fast as it can, as the samples do it.</summary>
internal sealed class FasterLogDurableMany(int inFlight) : Contender
{
    public override string System => Systems.FasterLog;

    public override string Settings => "many in flight: EnqueueAndWaitForCommitAsync, and a loop of CommitAsync";

    public override IReadOnlyList<string> Workloads => [ManyInFlight.Name(inFlight)];

    public override async Task<double[]> MeasureAsync(Scale scale, string directory)
    {
        byte[] value = Scale.NewValue();
        using ScratchFasterLog scratch = new(directory);
        using CancellationTokenSource stop = new();
        Task committer = CommitAsync(scratch, stop.Token);
        double rate = await ManyInFlight.RateAsync(
            inFlight,
            scale,
            async () => await scratch.Log.EnqueueAndWaitForCommitAsync(value));
        await stop.CancelAsync();
        await committer;
        return [rate];
    }

    private static async Task CommitAsync(ScratchFasterLog scratch, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Yield();
            await scratch.Log.CommitAsync(CancellationToken.None);
        }
    }
}
