using System.Globalization;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// A topic with one consumer of one group on a simulated machine, beside what must be handed out next. A record's value
/// is a number of its own, so that what took the place of a lost record is told from it.
/// </summary>
internal sealed class ConsumerModel : IDisposable
{
    private const int Partitions = 3;

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly PartitionSettings _settings = PartitionFixture.Settings(segmentBytes: 16 << 10);

    /// <summary>
    /// By partition: the numbers in the log, the first offset that is not finished, the one behind what was handed out,
    /// what is committed, and the first unfinished one as of the last commit.
    /// </summary>
    private readonly List<int>[] _numbers = new List<int>[Partitions];
    private readonly long[] _next = new long[Partitions];
    private readonly long[] _handedOutTo = new long[Partitions];
    private readonly long[] _committed = new long[Partitions];
    private readonly long[] _settled = new long[Partitions];
    private readonly bool[] _paused = new bool[Partitions];

    /// <summary>The numbers that were handed out.</summary>
    private readonly HashSet<int> _seen = [];

    private readonly int _chunk;
    private TopicFixture _topic;
    private Consumer<string, string> _consumer;
    private Record<string, string>? _last;

    /// <summary>What this consumer has handed out.</summary>
    private readonly List<Record<string, string>> _handedOut = [];

    /// <summary>What the present read has in hand: a partition, and the offset behind it.</summary>
    private (int Partition, long To)? _inHand;

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
                Machine.Run(() => ReadAsync(Math.Min(number, Available()), throws: number % 3 == 0));
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
            case ConsumerStep.CommitOffset:
                long next = number * 7 % (_numbers[partition].Count + 1);
                Machine.Run(_consumer.CommitAsync(new NextOffset(new(TopicFixture.Topic, partition), next)));
                NoteCommitted(partition, next);
                break;
            case ConsumerStep.FinishRecord when _handedOut.Count > 0:
                Record<string, string> finished = _handedOut[^(1 + (number % _handedOut.Count))];
                _consumer.Finish(finished);
                if (finished.Offset < _handedOutTo[finished.Partition])
                {
                    _next[finished.Partition] = Math.Max(_next[finished.Partition], finished.Offset + 1);
                }

                break;
            case ConsumerStep.CommitFinished:
                Machine.Run(_consumer.CommitFinishedAsync());
                for (int i = 0; i < Partitions; i++)
                {
                    if (_next[i] != _settled[i])
                    {
                        _settled[i] = _committed[i] = _next[i];
                    }
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
                NoteSeek(last.Partition, last.Offset);
                break;
            case ConsumerStep.Seek:
                long to = number * 5 % (_numbers[partition].Count + 1);
                _consumer.Seek(new TopicPartitionOffset(TopicFixture.Topic, partition, to));
                NoteSeek(partition, to);
                break;
            case ConsumerStep.SeekToEnd:
                _consumer.SeekTo(SeekTarget.End);
                for (int i = 0; i < Partitions; i++)
                {
                    NoteSeek(i, _numbers[i].Count);
                }

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

    private async Task ReadAsync(int count, bool throws)
    {
        if (count == 0)
        {
            return;
        }

        try
        {
            await foreach (Record<string, string> record in _consumer.ReadAllAsync())
            {
                FinishInHand();
                Take(record);
                if (--count == 0)
                {
                    if (throws)
                    {
                        throw new FormatException();
                    }

                    break;
                }
            }
        }
        catch (FormatException) when (throws)
        {
            // The handler failed, and the read was left with the record in hand.
        }

        _inHand = null;
    }

    private async Task ReadBatchesAsync(int maxRecords, int atLeast)
    {
        if (atLeast == 0)
        {
            return;
        }

        await foreach (IReadOnlyList<Record<string, string>> batch in _consumer.ReadBatchesAsync(maxRecords))
        {
            FinishInHand();
            Assert.InRange(batch.Count, 1, maxRecords);
            long first = batch[0].Offset;
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(first + i, batch[i].Offset);
                Take(batch[i], inBatch: i);
            }

            atLeast -= batch.Count;
            if (atLeast <= 0)
            {
                break;
            }
        }

        _inHand = null;
    }

    private async Task ReadToEndAsync()
    {
        await foreach (Record<string, string> record in _consumer.ReadToEndAsync())
        {
            FinishInHand();
            Take(record);
        }

        FinishInHand();
        Assert.Equal(0, Available());
    }

    private void ReadAndCancel(int count, bool alreadyCancelled)
    {
        using CancellationTokenSource cancellation = new();
        if (alreadyCancelled)
        {
            cancellation.Cancel();
        }

        Task reading = ReadUntilCancelledAsync(count, cancellation.Token);
        Machine.Scheduler.RunUntilIdle();
        cancellation.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.ThrowsAny<OperationCanceledException>(reading.Ended);

        // It had asked for one more.
        FinishInHand();
    }

    private async Task ReadUntilCancelledAsync(int count, CancellationToken cancellationToken)
    {
        List<Record<string, string>> taken = [];
        await foreach (Record<string, string> record in _consumer.ReadAllAsync(cancellationToken))
        {
            FinishInHand();
            Take(record);
            taken.Add(record);
            Assert.True(taken.Count < count, "More was handed out than there is.");
        }
    }

    /// <summary>
    /// Whatever comes is the first that is not finished: so nothing that is comes again, and all that is not does.
    /// </summary>
    private void Take(in Record<string, string> record, int inBatch = 0)
    {
        int partition = record.Partition;
        Assert.False(_paused[partition]);
        Assert.Equal(_next[partition] + inBatch, record.Offset);
        int number = int.Parse(record.Value, CultureInfo.InvariantCulture);
        Assert.Equal(_numbers[partition][(int)record.Offset], number);
        _seen.Add(number);
        _last = record;
        _handedOut.Add(record);
        _inHand = (partition, record.Offset + 1);
        _handedOutTo[partition] = Math.Max(_handedOutTo[partition], record.Offset + 1);
    }

    /// <summary>The next record was asked for.</summary>
    private void FinishInHand()
    {
        if (_inHand is { } inHand)
        {
            _next[inHand.Partition] = inHand.To;
            _inHand = null;
        }
    }

    private void NoteCommitted(int partition, long next)
    {
        _committed[partition] = next;
        _next[partition] = Math.Max(_next[partition], Math.Min(next, _handedOutTo[partition]));
        _settled[partition] = _next[partition];
    }

    private void NoteSeek(int partition, long to)
    {
        for (int i = (int)_next[partition]; i < to; i++)
        {
            // Passed over by the user, who does not want them.
            _seen.Add(_numbers[partition][i]);
        }

        _next[partition] = to;
        _handedOutTo[partition] = 0;
        _settled[partition] = -1;
    }

    /// <summary>A new consumer begins where the group has committed.</summary>
    private void Begin()
    {
        _consumer = Consume();
        _last = null;
        _handedOut.Clear();
        for (int i = 0; i < Partitions; i++)
        {
            _next[i] = _settled[i] = _committed[i];
            _handedOutTo[i] = 0;
            _paused[i] = false;
            for (int offset = 0; offset < _committed[i]; offset++)
            {
                // By a commit of any offset, which passes over what is below.
                _seen.Add(_numbers[i][offset]);
            }
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
