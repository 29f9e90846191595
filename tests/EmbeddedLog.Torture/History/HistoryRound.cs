namespace EmbeddedLog.Torture.History;

/// <summary>One log with one group: members come and go until all records were handled.</summary>
/// <param name="seed">Decides what they do; how they interleave is the machine's.</param>
/// <param name="directory">The log's.</param>
/// <param name="history">What they did.</param>
internal sealed class HistoryRound(int seed, string directory, GroupHistory history)
{
    /// <summary>How many records are appended.</summary>
    public const int Records = 20_000;

    private const int Seats = 4;

    private readonly Random _random = new(seed);
    private int _members;

    /// <exception cref="Load.Checking.LoadViolationException">Something does not hold.</exception>
    public async Task PlayAsync()
    {
        await using CommitLog log = await CommitLog.OpenAsync(directory);
        await log.CreateTopicAsync("topic-0", new TopicOptions { Partitions = 1 + _random.Next(6) });
        await log.CreateTopicAsync("topic-1", new TopicOptions { Partitions = 1 + _random.Next(3) });
        using CancellationTokenSource over = new();
        Task appending = Task.Run(() => AppendAsync(log, history, new Random(_random.Next())));
        Task[] seats =
            [.. Enumerable.Range(0, Seats).Select(_ => SitAsync(log, new Random(_random.Next()), over.Token))];

        // A seat that fails ends the round; otherwise they end when there is nothing more to handle.
        Task first = await Task.WhenAny([appending, .. seats]);
        await first;
        while (history.Handled < Records && !Array.Exists(seats, seat => seat.IsFaulted))
        {
            await Task.Delay(1);
        }

        await over.CancelAsync();
        await Task.WhenAll([appending, .. seats]);
        await new HistoryMember(log, 0, _random, history, isPatient: true).FinishAsync();
        history.Finish(log);
    }

    /// <summary>One member after the other.</summary>
    private Task SitAsync(CommitLog log, Random random, CancellationToken over) => Task.Run(
        async () =>
        {
            while (!over.IsCancellationRequested)
            {
                HistoryMember member = new(log, Interlocked.Increment(ref _members), random, history);
                await member.LiveAsync(over);
            }
        },
        CancellationToken.None);

    private static async Task AppendAsync(CommitLog log, GroupHistory history, Random random)
    {
        byte[] value = new byte[20];
        for (int i = 0; i < Records; i++)
        {
            Topic topic = log.Topics[random.Next(log.Topics.Count)];
            OwnedPartition partition = topic[random.Next(topic.Partitions.Count)];
            BitConverter.TryWriteBytes(value, (long)i);
            history.Append(partition.TopicPartition, partition.Append(new RawRecord(value)));
            if (i == Records / 2)
            {
                await log.AddPartitionsAsync("topic-0", log.GetTopic("topic-0").PartitionCount + 1);
                await log.CreateTopicAsync("topic-2", new TopicOptions { Partitions = 2 });
            }
        }
    }
}
