using System.Globalization;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Tail;

/// <summary>
/// The process that follows: it outlives many owners, opens the log again now and then, and reports on request whether
/// it has read to a given end.
/// </summary>
internal sealed class TailFollower : ITortureChild
{
    public const string ChildName = "tail-follower";

    private readonly TailProgress[] _scanned = new TailProgress[TailOwner.Partitions];
    private readonly TailProgress[] _consumed = new TailProgress[TailOwner.Partitions];

    public string Name => ChildName;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        string directory = arguments[0];
        int seed = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        for (int i = 0; i < TailOwner.Partitions; i++)
        {
            _scanned[i] = new TailProgress(seed, i);
            _consumed[i] = new TailProgress(seed, i);
        }

        try
        {
            while (await FollowAsync(directory, seed))
            {
            }

            TailProgress[] all = [.. _scanned, .. _consumed];
            Say($"done {all.Sum(each => each.Records)} {all.Sum(each => each.Gaps)}");
            return 0;
        }
        catch (Exception violation)
        {
            Say($"violation {violation.ToString().ReplaceLineEndings(" | ")}");
            return 3;
        }
    }

    private static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    /// <summary>Follows until it has to open the log again, or to end: then false.</summary>
    private async Task<bool> FollowAsync(string directory, int seed)
    {
        bool goesOn;
        await using (ReadOnlyLog log = await CommitLog.OpenReadOnlyAsync(
            directory, new ReadOnlyLogOptions { MaxOpenSegments = 4 }))
        {
            using CancellationTokenSource stop = new();
            Task reading = new TailReaders(seed, log, _scanned, _consumed).RunAsync(stop.Token);
            Say("following");
            goesOn = await ObeyAsync(log, reading);
            await stop.CancelAsync();
            await reading;
        }

        OpenHandles.ThrowIfAnyUnder(directory);
        return goesOn;
    }

    private async Task<bool> ObeyAsync(ReadOnlyLog log, Task reading)
    {
        while (true)
        {
            Task<string?> order = Task.Run(Console.In.ReadLine);
            if (await Task.WhenAny(order, reading) == reading)
            {
                await reading;
                throw new TailViolationException("the readers have ended by themselves");
            }

            string[] words = (await order ?? "end").Split(' ');
            if (words[0] != "reach")
            {
                return words[0] == "reopen";
            }

            long[] ends = [.. words.Skip(1).Select(each => long.Parse(each, CultureInfo.InvariantCulture))];
            await ReachAsync(log, ends, reading);
            Say("reached");
        }
    }

    private async Task ReachAsync(ReadOnlyLog log, long[] ends, Task reading)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        foreach (TailProgress progress in _scanned.Concat(_consumed))
        {
            while (Math.Max(progress.Next, 0) < ends[progress.Partition])
            {
                if (limit.IsCancellationRequested)
                {
                    LogPartition partition = log.GetTopic(TailOwner.Topic)[progress.Partition];
                    throw new TailViolationException(
                        $"partition {progress.Partition} was read to {progress.Next} and not to "
                        + $"{ends[progress.Partition]} within {Patience.Limit}; it shows {partition.StartOffset} to "
                        + $"{partition.EndOffset}");
                }

                if (reading.IsCompleted)
                {
                    await reading;
                }

                await Task.Delay(1);
            }
        }
    }
}
