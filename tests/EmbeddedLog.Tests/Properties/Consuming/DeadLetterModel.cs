using System.Globalization;
using System.Text;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// A consumer that keeps dead letters, through crashes. A record is told by the number that its value begins with,
/// since after a loss of power another one may have its offset.
/// </summary>
internal sealed class DeadLetterModel : IDisposable
{
    private const int Partitions = 2;
    private const string Source = "topic";
    private const string Dead = "dead";

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly ForEachOptions _options;
    private readonly int _turns;
    private readonly HashSet<int> _handled = [];
    private CommitLog _log;
    private Consumer<string, string> _consumer;
    private Task _loop = Task.CompletedTask;
    private int _appended;

    /// <param name="seed">The first machine's.</param>
    /// <param name="kind">Gives the options.</param>
    public DeadLetterModel(int seed, int kind)
    {
        _machines.Add(new SimulatedPlatform(seed));
        _turns = kind % 3;
        _options = new ForEachOptions
        {
            OrderBy = kind % 2 == 0 ? ProcessingOrder.Key : ProcessingOrder.Partition,
            MaxParallelism = 1 + (kind % 4),
            MaxRecordsInHand = 1 + (kind % 9),
            OnFailure = FailureAction.DeadLetter,
            DeadLetterTopic = Dead,
            Retry = new RetryOptions { MaxAttempts = 1 + (kind % 2) },
        };
        _log = Machine.Run(OpenLog.OnAsync(Machine));
        Machine.Run(_log.CreateTopicAsync(
            Source, new TopicOptions { Partitions = Partitions, SegmentBytes = 16 << 10 }));
        _consumer = Begin();
    }

    private SimulatedPlatform Machine => _machines[^1];

    public void Do(DeadLetterStep step, int number)
    {
        switch (step)
        {
            case DeadLetterStep.Append:
                Append(number);
                break;
            case DeadLetterStep.Work:
                for (int i = 0; i < number && Machine.Scheduler.RunOne(); i++)
                {
                }

                break;
            case DeadLetterStep.Wait:
                Machine.Time.Advance(TimeSpan.FromSeconds(number));
                break;
            case DeadLetterStep.Restart:
                Machine.Run(_consumer.DisposeAsync(), TimeSpan.FromHours(1));
                _consumer = Begin();
                break;
            case DeadLetterStep.FlushCommits:
                // And nothing else: what they count must be on the disk already.
                Machine.Run(_log.Offsets.Log.FlushAsync(_log.Offsets.Log.PublishedEnd, CancellationToken.None));
                break;
            case DeadLetterStep.Kill:
                Crash(CrashKind.ProcessKill);
                break;
            case DeadLetterStep.PowerLoss:
                Crash(CrashKind.PowerLoss);
                break;
        }

        if (_loop.IsFaulted)
        {
            _loop.GetAwaiter().GetResult();
        }
    }

    /// <summary>In the end every record was handled, or is a dead letter, and all are committed.</summary>
    public void Finish()
    {
        for (int i = 0; i < 2 * _appended + 5; i++)
        {
            // Where one record is in hand at a time, each waits for its second attempt by itself.
            Machine.Scheduler.RunUntilIdle();
            Machine.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Machine.Scheduler.RunUntilIdle();
        foreach (OwnedPartition partition in _log.GetTopic(Source).Partitions)
        {
            Assert.Equal(partition.EndOffset, Committed(partition));
        }

        Look();
    }

    public void Dispose()
    {
        Machine.Run(_log.DisposeAsync(), TimeSpan.FromDays(1));
        _machines.ForEach(machine => machine.Dispose());
    }

    private void Append(int number)
    {
        string kind = (number % 3) switch { 0 => "ok", 1 => "fails", _ => Unreadable.Mark };
        byte[] value = Encoding.UTF8.GetBytes($"{_appended++}:{kind}");
        byte[] key = Encoding.UTF8.GetBytes($"{number % 4}");
        _log.GetTopic(Source)[number % Partitions].Append(new RawRecord(key, value));
    }

    private void Crash(CrashKind kind)
    {
        _machines.Add(Machine.Crash(kind));
        _log = Machine.Run(OpenLog.OnAsync(Machine));
        Look();
        _consumer = Begin();
    }

    private Consumer<string, string> Begin()
    {
        Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            Source, "group", keys: Serdes.Utf8, values: new Unreadable());
        _loop = LoopAsync(consumer);
        return consumer;
    }

    private async Task LoopAsync(Consumer<string, string> consumer)
    {
        try
        {
            await consumer.ForEachAsync(HandleAsync, _options);
        }
        catch (ObjectDisposedException)
        {
            // Another one goes on.
        }
    }

    private async ValueTask HandleAsync(Record<string, string> record, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _turns; i++)
        {
            TaskCompletionSource turn = new();
            Machine.Scheduler.Queue(new Turn(turn));
            await turn.Task;
        }

        if (record.Value.EndsWith("fails", StringComparison.Ordinal))
        {
            throw new InvalidOperationException();
        }

        _handled.Add(NumberOf(record.Value));
    }

    private void Look()
    {
        HashSet<string> kept = [];
        Dictionary<string, int> last = [];
        foreach ((string key, string value, Headers headers) in ReadLetters())
        {
            Assert.True(headers.TryGetLast(DeadLetterHeaders.Partition, out Header partition));
            string lane = Encoding.UTF8.GetString(partition.Value.Span)
                + (_options.OrderBy == ProcessingOrder.Key ? $"/{key}" : string.Empty);
            if (kept.Add($"{key}={value}"))
            {
                // The first time: what comes again after a crash comes in its order too, and is behind others then.
                int before = last.GetValueOrDefault(lane, -1);
                Assert.True(before < NumberOf(value), $"{value} is behind {before}.");
                last[lane] = NumberOf(value);
            }
        }

        foreach (OwnedPartition partition in _log.GetTopic(Source).Partitions)
        {
            foreach ((string key, string value) in ReadTo(partition, Committed(partition)))
            {
                Assert.True(
                    _handled.Contains(NumberOf(value)) || kept.Contains($"{key}={value}"),
                    $"{partition.TopicPartition}: {value} was committed, not handled, and is no dead letter.");
            }
        }
    }

    private List<(string Key, string Value, Headers Headers)> ReadLetters()
    {
        List<(string Key, string Value, Headers Headers)> letters = [];
        if (_log.TryGetTopic(Dead, out Topic? topic))
        {
            using PartitionScan scan = topic[0].Scan(0);
            while (scan.TryRead(out RecordView record))
            {
                letters.Add((
                    Encoding.UTF8.GetString(record.Key),
                    Encoding.UTF8.GetString(record.Value),
                    record.Headers.ToHeaders()));
            }
        }

        return letters;
    }

    private static List<(string Key, string Value)> ReadTo(OwnedPartition partition, long end)
    {
        List<(string Key, string Value)> records = [];
        using PartitionScan scan = partition.Scan(0);
        while (scan.Offset < end && scan.TryRead(out RecordView record))
        {
            records.Add((Encoding.UTF8.GetString(record.Key), Encoding.UTF8.GetString(record.Value)));
        }

        return records;
    }

    private long Committed(OwnedPartition partition) => _log.Offsets.Effective("group", partition.Log)?.Offset ?? 0;

    private static int NumberOf(string value) =>
        int.Parse(value.AsSpan(0, value.IndexOf(':', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    private sealed class Turn(TaskCompletionSource turn) : IThreadPoolWorkItem
    {
        public void Execute() => turn.SetResult();
    }

    private sealed class Unreadable : IDeserializer<string>
    {
        public const string Mark = "unreadable";

        public string Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
        {
            string text = Encoding.UTF8.GetString(data);
            return text.EndsWith(Mark, StringComparison.Ordinal) ? throw new FormatException(Mark) : text;
        }
    }
}
