using System.Globalization;
using System.Text;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// One to three topics with one consumer of one group on a simulated machine, beside what must be handed out next. A
/// record's value is a number of its own, so that what took the place of a lost record is told from it. Some records
/// cannot be read.
/// </summary>
internal sealed partial class ConsumerModel : IDisposable
{
    // Over 400 lines: what each call does to the same few arrays, and a split would only pass these around.
    private const int Partitions = 4;

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly PartitionSettings _settings = PartitionFixture.Settings(segmentBytes: 16 << 10);

    /// <summary>
    /// By partition: the numbers in the log and their times, the first offset that retention has left, the first that
    /// is not finished, the one behind what was handed out, what is committed, and the first unfinished one as of the
    /// last commit.
    /// </summary>
    private readonly List<int>[] _numbers = new List<int>[Partitions];
    private readonly List<long>[] _times = new List<long>[Partitions];
    private readonly long[] _start = new long[Partitions];
    private readonly long[] _next = new long[Partitions];
    private readonly long[] _handedOutTo = new long[Partitions];
    private readonly long[] _committed = new long[Partitions];
    private readonly long[] _settled = new long[Partitions];
    private readonly bool[] _paused = new bool[Partitions];

    /// <summary>The numbers that were handed out, or passed over.</summary>
    private readonly HashSet<int> _seen = [];

    /// <summary>The numbers of records that cannot be read.</summary>
    private readonly HashSet<int> _bad = [];

    private readonly int _chunk;
    private readonly int _topics;
    private TopicFixture _topic;
    private Consumer<string, string> _consumer;
    private Record<string, string>? _last;

    /// <summary>What this consumer has handed out.</summary>
    private readonly List<Record<string, string>> _handedOut = [];

    /// <summary>What the present read has in hand: a partition, and the offset behind it.</summary>
    private (int Partition, long To)? _inHand;

    /// <summary>What a read has failed with last, until it was skipped.</summary>
    private RecordDeserializationException? _failure;

    private int _appended;

    public ConsumerModel(int seed, int topics)
    {
        _topics = topics;
        _machines.Add(new SimulatedPlatform(seed));
        _chunk = 1 + (seed % 20);
        for (int partition = 0; partition < Partitions; partition++)
        {
            _numbers[partition] = [];
            _times[partition] = [];
        }

        _topic = TopicFixture.On(Machine, Partitions, _settings, _topics);
        _consumer = Consume();
    }

    private SimulatedPlatform Machine => _machines[^1];

    public void Do(ConsumerStep step, int number)
    {
        int partition = number % Partitions;
        TopicPartition id = Id(partition);
        switch (step)
        {
            case ConsumerStep.Append:
                for (int i = 0; i < number; i++)
                {
                    Append(partition, isBad: false);
                }

                break;
            case ConsumerStep.AppendBad:
                Append(partition, isBad: true);
                break;
            case ConsumerStep.Wait:
                Machine.Time.Advance(TimeSpan.FromMilliseconds(100 * number));
                Machine.Scheduler.RunUntilIdle();
                break;
            case ConsumerStep.Flush:
                Machine.Run(_topic.Logs[partition].FlushAsync(_numbers[partition].Count, CancellationToken.None));
                break;
            case ConsumerStep.Retain:
                Retain(partition, number);
                break;
            case ConsumerStep.Read:
                Machine.Run(() => TryAsync(() => ReadAsync(Math.Min(number, Available()), throws: number % 3 == 0)));
                break;
            case ConsumerStep.ReadBatches:
                Machine.Run(
                    () => TryAsync(() => ReadBatchesAsync(1 + (number / 4), Math.Min(number, Available()))));
                break;
            case ConsumerStep.ReadToEnd:
                Machine.Run(() => TryReadToEndAsync());
                break;
            case ConsumerStep.ReadAndCancel:
                ReadAndCancel(_numbers.Sum(numbers => numbers.Count) + 1, alreadyCancelled: number % 2 == 0);
                break;
            case ConsumerStep.ReadAndAct:
                Machine.Run(() => TryAsync(() => ReadAndActAsync(number)));
                break;
            case ConsumerStep.ReadBatchesAndAct:
                Machine.Run(() => TryAsync(() => ReadBatchesAndActAsync(number)));
                break;
            case ConsumerStep.ReadToEndAndAct:
                Machine.Run(() => TryAsync(() => ReadToEndAndActAsync(number)));
                break;
            case ConsumerStep.CommitRecord when _last is { } last:
                Machine.Run(_consumer.CommitAsync(last));
                NoteCommitted(IndexOf(last), last.Offset + 1);
                break;
            case ConsumerStep.CommitOffset:
                long next = number * 7 % (_numbers[partition].Count + 1);
                Machine.Run(_consumer.CommitAsync(new NextOffset(id, next)));
                NoteCommitted(partition, next);
                break;
            case ConsumerStep.FinishRecord when _handedOut.Count > 0:
                Record<string, string> finished = _handedOut[^(1 + (number % _handedOut.Count))];
                _consumer.Finish(finished);
                int of = IndexOf(finished);
                if (finished.Offset < _handedOutTo[of])
                {
                    _next[of] = Math.Max(_next[of], finished.Offset + 1);
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
                NoteSeek(IndexOf(last), last.Offset);
                break;
            case ConsumerStep.Seek:
                long to = number * 5 % (_numbers[partition].Count + 1);
                _consumer.Seek(new TopicPartitionOffset(id.Topic, id.Partition, to));
                NoteSeek(partition, to);
                break;
            case ConsumerStep.SeekAll:
                SeekTo(number, [.. Enumerable.Range(0, Partitions)], only: null);
                break;
            case ConsumerStep.SeekOne:
                SeekTo(number / Partitions, [partition], only: id);
                break;
            case ConsumerStep.Skip when _failure is { } failure:
                Skip(failure);
                break;
            case ConsumerStep.Restart:
                Machine.Run(_consumer.DisposeAsync());
                Begin();
                break;
            case ConsumerStep.Reopen:
                Machine.Run(_consumer.DisposeAsync());
                Assert.True(Machine.Run(_topic.CloseAsync));
                _topic = new TopicFixture(
                    Machine.Platform, OpenLog.Directory, Partitions, settings: _settings, topics: _topics);
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
            long position = _consumer.Position(Id(i));
            NoteRead(i, position);
            Assert.Equal(_next[i], position);
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
        while (Machine.Run(TryReadToEndAsync))
        {
            Skip(_failure!);
        }

        Assert.All(_numbers, numbers => Assert.All(numbers, number => Assert.Contains(number, _seen)));
        Assert.All(
            Enumerable.Range(0, Partitions), i => Assert.Equal(_numbers[i].Count, _consumer.Position(Id(i))));
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
        _topic.Consume(
            Serdes.Utf8, new PickyDeserializer(), options: new ConsumerOptions { MaxBufferedRecords = _chunk });

    private TopicPartition Id(int partition) => _topic.Logs[partition].Id;

    private int IndexOf(Record<string, string> record) =>
        Array.FindIndex(_topic.Logs, log => log.Id.Topic == record.Topic) + (record.Partition * _topics);

    private void Append(int partition, bool isBad)
    {
        string text = isBad ? PickyDeserializer.Bad : $"{_appended}";
        RawRecord record = new("key"u8, Encoding.UTF8.GetBytes(text));
        Assert.Equal(_numbers[partition].Count, _topic.Logs[partition].Append(record, out _));
        if (isBad)
        {
            _bad.Add(_appended);
        }

        _numbers[partition].Add(_appended++);
        _times[partition].Add(Machine.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Removes the first records of a partition, up to any that is left, and tells no consumer.</summary>
    private void Retain(int partition, int number)
    {
        Machine.Run(_topic.Logs[partition].FlushAsync(_numbers[partition].Count, CancellationToken.None));
        long start = _start[partition] + (number * 3 % (_numbers[partition].Count - _start[partition] + 1));
        _topic.Logs[partition].DeleteBefore(start);
        _start[partition] = _topic.Logs[partition].StartOffset;
        Assert.Equal(start, _start[partition]);

        // Nobody can read them any more, but who has them in hand.
        _seen.UnionWith(_numbers[partition].Take((int)start));
    }

    /// <summary>How many records can be read of partitions that are not paused.</summary>
    private int Available()
    {
        long available = 0;
        for (int i = 0; i < Partitions; i++)
        {
            if (_next[i] < _start[i] && _bad.Contains(_numbers[i][(int)_next[i]]))
            {
                // Retention has removed what could not be read, and that may be noticed by the next attempt only.
                continue;
            }

            // What was handed out and is not finished is there, whatever retention has removed.
            long unfinished = Math.Max(0, _handedOutTo[i] - _next[i]);
            long rest = Math.Max(_start[i], _next[i] + unfinished);
            int bad = _numbers[i].FindIndex((int)rest, _bad.Contains);
            available += _paused[i] ? 0 : unfinished + (bad < 0 ? _numbers[i].Count : bad) - rest;
        }

        return (int)available;
    }

    /// <summary>
    /// Something is read at an offset: the first one that is not finished, or, where retention has removed that one and
    /// nothing of it is in hand, the first one that is left.
    /// </summary>
    private void NoteRead(int partition, long offset)
    {
        if (offset == _start[partition] && _next[partition] < offset && _handedOutTo[partition] <= _next[partition])
        {
            _next[partition] = offset;
        }
    }

    /// <summary>Goes to the beginning, to the end or to a time.</summary>
    private void SeekTo(int number, int[] partitions, TopicPartition? only)
    {
        long time = Machine.Time.GetUtcNow().ToUnixTimeMilliseconds() - (100 * number);
        SeekTarget to = (number % 3) switch
        {
            0 => SeekTarget.Beginning,
            1 => SeekTarget.End,
            _ => SeekTarget.At(DateTimeOffset.FromUnixTimeMilliseconds(time)),
        };
        _consumer.SeekTo(to, only);
        foreach (int i in partitions)
        {
            int found = to.Time is null ? -1 : _times[i].FindIndex((int)_start[i], each => each >= time);
            NoteSeek(i, to == SeekTarget.Beginning ? _start[i] : found < 0 ? _numbers[i].Count : found);
        }
    }

    /// <summary>Goes on behind a record that could not be read, where the position is still at it.</summary>
    private void Skip(RecordDeserializationException failure)
    {
        int partition = Array.FindIndex(
            _topic.Logs, log => log.Id == new TopicPartition(failure.Topic!, failure.Partition!.Value));
        _failure = null;
        if (_next[partition] == failure.Offset)
        {
            _consumer.Skip(failure);
            NoteSeek(partition, failure.Offset.Value + 1);
        }
        else
        {
            Assert.Throws<InvalidOperationException>(() => _consumer.Skip(failure));
        }
    }

    /// <summary>Reads; true where that met a record that cannot be read, which then comes next.</summary>
    private async Task<bool> TryAsync(Func<Task> read)
    {
        try
        {
            await read();
            return false;
        }
        catch (RecordDeserializationException failure)
        {
            // The next one was asked for, so that the one before is finished.
            FinishInHand();
            int partition = Array.FindIndex(
                _topic.Logs, log => log.Id == new TopicPartition(failure.Topic!, failure.Partition!.Value));
            Assert.False(_paused[partition]);
            NoteRead(partition, failure.Offset!.Value);
            Assert.Equal(_next[partition], failure.Offset);
            Assert.Contains(_numbers[partition][(int)failure.Offset!.Value], _bad);
            _failure = failure;
            return true;
        }
    }

    /// <summary>Whatever is bad, all that can be read of the others is read first.</summary>
    private async Task<bool> TryReadToEndAsync()
    {
        bool failed = await TryAsync(ReadToEndAsync);
        Assert.Equal(0, Available());
        return failed;
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
    }

    private void ReadAndCancel(int count, bool alreadyCancelled)
    {
        using CancellationTokenSource cancellation = new();
        if (alreadyCancelled)
        {
            cancellation.Cancel();
        }

        Task<bool> reading = TryAsync(() => ReadUntilCancelledAsync(count, cancellation.Token));
        Machine.Scheduler.RunUntilIdle();
        if (reading.IsCompletedSuccessfully)
        {
            Assert.True(reading.Result);
            return;
        }

        cancellation.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Assert.ThrowsAny<OperationCanceledException>(() => { reading.Ended(); });

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
        int partition = IndexOf(record);
        Assert.Equal(Id(partition), record.TopicPartition);
        Assert.False(_paused[partition]);
        if (inBatch == 0)
        {
            NoteRead(partition, record.Offset);
        }

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
            _next[inHand.Partition] = Math.Max(_next[inHand.Partition], inHand.To);
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
        if (_inHand?.Partition == partition)
        {
            _inHand = null;
        }
    }

    /// <summary>A new consumer begins where the group has committed.</summary>
    private void Begin()
    {
        _consumer = Consume();
        _last = null;
        _failure = null;
        _earlier = null;
        _handedOut.Clear();
        for (int i = 0; i < Partitions; i++)
        {
            _next[i] = _settled[i] = _topic.Committed(i) is null ? _start[i] : _committed[i];
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
        _topic = TopicFixture.After(Machine, kind, (ulong)_machines.Count, Partitions, _settings, _topics);
        for (int i = 0; i < Partitions; i++)
        {
            _start[i] = _topic.Logs[i].StartOffset;
            long left = _topic.Logs[i].PublishedEnd;
            Assert.InRange(left, 0, _numbers[i].Count);
            _numbers[i].RemoveRange((int)left, _numbers[i].Count - (int)left);
            _times[i].RemoveRange((int)left, _times[i].Count - (int)left);
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
