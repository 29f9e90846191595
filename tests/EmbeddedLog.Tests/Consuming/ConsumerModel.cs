using System.Globalization;
using EmbeddedLog.Storage;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>
/// A topic with one consumer of one group on a simulated machine, beside what must be handed out next. A record's value
/// is a number of its own, so that what took the place of a lost record is told from it.
/// </summary>
internal sealed class ConsumerModel : IDisposable
{
    private const int Partitions = 3;

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly PartitionSettings _settings = PartitionFixture.Settings(segmentBytes: 16 << 10);

    /// <summary>By partition: the numbers in the log, what is handed out next, finished and committed.</summary>
    private readonly List<int>[] _numbers = new List<int>[Partitions];
    private readonly long[] _next = new long[Partitions];
    private readonly long[] _finished = new long[Partitions];
    private readonly long[] _committed = new long[Partitions];
    private readonly bool[] _paused = new bool[Partitions];

    /// <summary>The numbers that were handed out.</summary>
    private readonly HashSet<int> _seen = [];

    private readonly int _chunk;
    private TopicFixture _topic;
    private Consumer<string, string> _consumer;
    private Record<string, string>? _last;
    private int _appended;

    public ConsumerModel(int seed)
    {
        _machines.Add(new SimulatedPlatform(seed));
        _chunk = 1 + (seed % 20);
        for (int partition = 0; partition < Partitions; partition++)
        {
            _numbers[partition] = [];
        }

        _topic = TopicFixture.On(Machine, Partitions, _settings);
        _consumer = Consume();
    }

    private SimulatedPlatform Machine => _machines[^1];

    public void Do(ConsumerStep step, int number)
    {
        int partition = number % Partitions;
        TopicPartition id = new(TopicFixture.Topic, partition);
        switch (step)
        {
            case ConsumerStep.Append:
                for (int i = 0; i < number; i++)
                {
                    Assert.Equal(_numbers[partition].Count, _topic.Append(_appended, partition));
                    _numbers[partition].Add(_appended++);
                }

                break;
            case ConsumerStep.Flush:
                Machine.Run(_topic.Logs[partition].FlushAsync(_numbers[partition].Count, CancellationToken.None));
                break;
            case ConsumerStep.Read:
                Machine.Run(() => ReadAsync(Math.Min(number, Available())));
                break;
            case ConsumerStep.ReadBatches:
                Machine.Run(() => ReadBatchesAsync(1 + (number / 4), Math.Min(number, Available())));
                break;
            case ConsumerStep.ReadToEnd:
                Machine.Run(ReadToEndAsync);
                break;
            case ConsumerStep.ReadAndCancel:
                ReadAndCancel(Available() + 1, alreadyCancelled: number % 2 == 0);
                break;
            case ConsumerStep.CommitRecord when _last is { } last:
                Machine.Run(_consumer.CommitAsync(last));
                NoteCommitted(last.Partition, last.Offset + 1);
                break;
            case ConsumerStep.CommitFinished:
                Machine.Run(_consumer.CommitAsync());
                for (int i = 0; i < Partitions; i++)
                {
                    _committed[i] = _finished[i];
                }

                break;
            case ConsumerStep.Pause:
                _consumer.Pause(id);
                _paused[partition] = true;
                break;
            case ConsumerStep.Resume:
                _consumer.Resume(id);
                _paused[partition] = false;
                break;
            case ConsumerStep.Retry when _last is { } last:
                _consumer.Seek(last.TopicPartitionOffset);
                _next[last.Partition] = last.Offset;
                _finished[last.Partition] = Math.Min(_finished[last.Partition], last.Offset);
                _last = null;
                break;
            case ConsumerStep.Restart:
                Machine.Run(_consumer.DisposeAsync());
                Begin();
                break;
            case ConsumerStep.Reopen:
                Machine.Run(_consumer.DisposeAsync());
                Assert.True(Machine.Run(_topic.CloseAsync));
                _topic = new TopicFixture(Machine.Platform, OpenLog.Directory, Partitions, settings: _settings);
                Begin();
                break;
            case ConsumerStep.Kill:
                Crash(CrashKind.ProcessKill);
                break;
            case ConsumerStep.PowerLoss:
                Crash(CrashKind.PowerLoss);
                break;
        }

        for (int i = 0; i < Partitions; i++)
        {
            Assert.Equal(_next[i], _consumer.Position(new TopicPartition(TopicFixture.Topic, i)));
        }
    }

    /// <summary>Reads all that is left; then everything in the log was seen.</summary>
    public void Finish()
    {
        foreach (TopicPartition partition in _consumer.Assignment)
        {
            _consumer.Resume(partition);
        }

        Array.Clear(_paused);
        Machine.Run(ReadToEndAsync);
        Assert.All(_numbers, numbers => Assert.All(numbers, number => Assert.Contains(number, _seen)));
        Assert.Equal(_numbers.Select(numbers => (long)numbers.Count), _next);
        Machine.Run(_consumer.DisposeAsync());
        Assert.True(Machine.Run(_topic.CloseAsync));
        Assert.Empty(Machine.Disk.LiveMaps);
        Assert.Empty(Machine.Disk.OpenFiles);
    }

    public void Dispose()
    {
        _machines.ForEach(machine => machine.Dispose());
        Assert.Empty(Machine.Disk.Violations);
    }

    private Consumer<string, string> Consume() =>
        _topic.Consume(options: new ConsumerOptions { MaxBufferedRecords = _chunk });

    private int Available()
    {
        long available = 0;
        for (int i = 0; i < Partitions; i++)
        {
            available += _paused[i] ? 0 : _numbers[i].Count - _next[i];
        }

        return (int)available;
    }

    private async Task ReadAsync(int count)
    {
        if (count == 0)
        {
            return;
        }

        FinishLast();
        await foreach (Record<string, string> record in _consumer.ReadAllAsync())
        {
            FinishLast();
            Take(record);
            if (--count == 0)
            {
                break;
            }
        }
    }

    private async Task ReadBatchesAsync(int maxRecords, int atLeast)
    {
        if (atLeast == 0)
        {
            return;
        }

        FinishLast();
        await foreach (IReadOnlyList<Record<string, string>> batch in _consumer.ReadBatchesAsync(maxRecords))
        {
            FinishLast();
            Assert.InRange(batch.Count, 1, maxRecords);
            foreach (Record<string, string> record in batch)
            {
                Take(record);
            }

            atLeast -= batch.Count;
            if (atLeast <= 0)
            {
                break;
            }
        }
    }

    private async Task ReadToEndAsync()
    {
        FinishLast();
        await foreach (Record<string, string> record in _consumer.ReadToEndAsync())
        {
            FinishLast();
            Take(record);
        }

        FinishLast();
        Assert.Equal(0, Available());
    }

    private void ReadAndCancel(int count, bool alreadyCancelled)
    {
        using CancellationTokenSource cancellation = new();
        if (alreadyCancelled)
        {
            cancellation.Cancel();
        }
        else
        {
            FinishLast();
        }

        Task reading = ReadUntilCancelledAsync(count, cancellation.Token);
        Machine.Scheduler.RunUntilIdle();
        cancellation.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.ThrowsAny<OperationCanceledException>(reading.Ended);
        if (!alreadyCancelled)
        {
            // It had asked for one more.
            FinishLast();
        }
    }

    private async Task ReadUntilCancelledAsync(int count, CancellationToken cancellationToken)
    {
        List<Record<string, string>> taken = [];
        await foreach (Record<string, string> record in _consumer.ReadAllAsync(cancellationToken))
        {
            FinishLast();
            Take(record);
            taken.Add(record);
            Assert.True(taken.Count < count, "More was handed out than there is.");
        }
    }

    private void Take(in Record<string, string> record)
    {
        int partition = record.Partition;
        Assert.False(_paused[partition]);
        Assert.Equal(_next[partition], record.Offset);
        int number = int.Parse(record.Value, CultureInfo.InvariantCulture);
        Assert.Equal(_numbers[partition][(int)record.Offset], number);
        _seen.Add(number);
        _next[partition]++;
        _last = record;
    }

    /// <summary>The next record was asked for.</summary>
    private void FinishLast()
    {
        if (_last is { } last)
        {
            _finished[last.Partition] = last.Offset + 1;
            _last = null;
        }
    }

    private void NoteCommitted(int partition, long next)
    {
        _committed[partition] = next;
        _finished[partition] = next;
        _last = null;
    }

    /// <summary>A new consumer begins where the group has committed.</summary>
    private void Begin()
    {
        _consumer = Consume();
        _last = null;
        for (int i = 0; i < Partitions; i++)
        {
            _next[i] = _finished[i] = _committed[i];
            _paused[i] = false;
        }
    }

    private void Crash(CrashKind kind)
    {
        _machines.Add(Machine.Crash(kind));
        _topic = TopicFixture.After(Machine, kind, (ulong)_machines.Count, Partitions, _settings);
        for (int i = 0; i < Partitions; i++)
        {
            long left = _topic.Logs[i].PublishedEnd;
            Assert.InRange(left, 0, _numbers[i].Count);
            _numbers[i].RemoveRange((int)left, _numbers[i].Count - (int)left);
            long committed = _topic.Committed(i) ?? 0;
            Assert.InRange(committed, 0, left);
            if (kind == CrashKind.ProcessKill)
            {
                Assert.Equal(_committed[i], committed);
            }

            _committed[i] = committed;
        }

        Begin();
    }
}
