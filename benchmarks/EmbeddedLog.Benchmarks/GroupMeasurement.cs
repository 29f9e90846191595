using System.Diagnostics;
using System.Globalization;
using EmbeddedLog.Coordination.Groups;

namespace EmbeddedLog.Benchmarks;

/// <summary>What groups cost: a rebalance of many members, reading with several members, and commits.</summary>
internal static class GroupMeasurement
{
    private const int Members = 1_000;
    private const int ManyPartitions = 4_096;
    private const int Rounds = 5;
    private const int RecordsOfEach = 250_000;
    private const int Commits = 200_000;

    public static async Task RunAsync()
    {
        await MeasureRebalanceAsync();
        await MeasureReadingAsync();
        await MeasureCommitsAsync();
    }

    private static async Task MeasureRebalanceAsync()
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync(
            new TopicOptions { Partitions = ManyPartitions, WriteMode = WriteMode.Positional });
        List<Member> members = [];
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = 0; i < Members; i++)
        {
            members.Add(new Member(scratch.Log.Groups));
            Settle(members);
        }

        Print($"{Members:N0} members join one after the other, {ManyPartitions:N0} partitions", watch, 1);
        double join = 0;
        double leave = 0;
        int asked = 0;
        for (int round = 0; round < Rounds; round++)
        {
            watch.Restart();
            members.Add(new Member(scratch.Log.Groups));
            asked += Settle(members) - 1;
            join += watch.Elapsed.TotalMilliseconds;
            watch.Restart();
            members[0].Dispose();
            members.RemoveAt(0);
            asked += Settle(members);
            leave += watch.Elapsed.TotalMilliseconds;
        }

        Print("one more joins, and all is settled", join / Rounds);
        Print("one leaves, and all is settled", leave / Rounds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"members that had to do something, of {Members:N0}: {asked / (2.0 * Rounds):N1} a change"));
        members.ForEach(member => member.Dispose());
    }

    /// <summary>Has those look who are asked to, until nobody is; returns how many that were.</summary>
    private static int Settle(List<Member> members)
    {
        int asked = 0;
        while (members.FindAll(member => member.IsPending) is [_, ..] pending)
        {
            pending.ForEach(member => member.Look());
            asked += pending.Count;
        }

        return asked;
    }

    private static async Task MeasureReadingAsync()
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync(new TopicOptions { Partitions = 8 });
        RecordBatch batch = new();
        for (int i = 0; i < 1_000; i++)
        {
            batch.Add(new RawRecord("key"u8, new byte[100]));
        }

        foreach (OwnedPartition partition in scratch.Topic.Partitions)
        {
            for (int i = 0; i < RecordsOfEach; i += batch.Count)
            {
                partition.AppendBatch(batch);
            }
        }

        int[] counts = [0, 1, 2, 4];
        List<double>[] rates = [.. counts.Select(_ => new List<double>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < counts.Length; i++)
            {
                rates[i].Add(await ReadAsync(scratch.Log, counts[i], $"group-{round}-{counts[i]}"));
            }
        }

        for (int i = 0; i < counts.Length; i++)
        {
            string who = counts[i] == 0 ? "a consumer without a group" : $"{counts[i]} members";
            double ratio = Median(rates[i]) / Median(rates[1]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"read 8 partitions, {who}: {Median(rates[i]) / 1e6:N2} M/s, {ratio:N2} x one member"));
        }
    }

    private static async Task<double> ReadAsync(CommitLog log, int members, string group)
    {
        Consumer<string, byte[]>[] consumers =
        [
            .. Enumerable.Range(0, Math.Max(1, members)).Select(
                _ => log.CreateConsumer<string, byte[]>(
                    "topic", members == 0 ? null : group, new ConsumerOptions { OnAssigned = PauseAsync })),
        ];
        for (int i = 0; i < 2 * consumers.Length; i++)
        {
            // All have joined and let go before the clock runs: a paused partition hands out nothing.
            foreach (Consumer<string, byte[]> consumer in consumers)
            {
                await foreach (Record<string, byte[]> _ in consumer.ReadToEndAsync())
                {
                    throw new UnreachableException();
                }
            }
        }

        Stopwatch watch = Stopwatch.StartNew();
        long[] counts = await Task.WhenAll(consumers.Select(consumer => Task.Run(() => CountAsync(consumer))));
        double seconds = watch.Elapsed.TotalSeconds;
        foreach (Consumer<string, byte[]> consumer in consumers)
        {
            await consumer.DisposeAsync();
        }

        return counts.Sum() / seconds;
    }

    private static ValueTask PauseAsync(
        IConsumer consumer, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        foreach (TopicPartition partition in partitions)
        {
            consumer.Pause(partition);
        }

        return ValueTask.CompletedTask;
    }

    private static async Task<long> CountAsync(Consumer<string, byte[]> consumer)
    {
        foreach (TopicPartition partition in consumer.Assignment)
        {
            consumer.Resume(partition);
        }

        long count = 0;
        await foreach (Record<string, byte[]> _ in consumer.ReadToEndAsync())
        {
            count++;
        }

        return count;
    }

    private static async Task MeasureCommitsAsync()
    {
        await using ScratchLog scratch = await ScratchLog.OpenAsync();
        scratch.Topic[0].Append(new RawRecord("value"u8));
        await using Consumer<string, byte[]> consumer = scratch.Log.CreateConsumer<string, byte[]>("topic", "group");
        TopicPartition partition = consumer.Assignment[0];
        List<double> costs = [];
        for (int round = 0; round < Rounds; round++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int i = 0; i < Commits; i++)
            {
                await consumer.CommitAsync(new NextOffset(partition, i & 1));
            }

            costs.Add(watch.Elapsed.TotalNanoseconds / Commits);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"commit, written: {1e3 / Median(costs):N2} M/s, {Median(costs):N0} ns each"));
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(string what, Stopwatch watch, int divisor) =>
        Print(what, watch.Elapsed.TotalMilliseconds / divisor);

    private static void Print(string what, double milliseconds) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {milliseconds:N1} ms"));

    /// <summary>A member that looks when it is told to: a rebalance without the reading.</summary>
    private sealed class Member(GroupCoordinator groups) : IDisposable
    {
        private readonly GroupMembership _membership = groups.Create(
            "group",
            "topic",
            new MemberSettings(ClientName: null, GroupAssignor.Uniform, Timeout.InfiniteTimeSpan),
            () => { },
            new WeakReference<IMemberActivity>(null!));

        public bool IsPending => _membership.IsPending;

        public void Look()
        {
            _membership.BeginLook();
            _membership.Join();
            _membership.TakeLost();
            _membership.Release(_membership.FindRevoked());
            _membership.Acquire();
        }

        public void Dispose() => _membership.Dispose();
    }
}
