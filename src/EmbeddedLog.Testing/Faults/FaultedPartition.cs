using System.Globalization;
using System.Text;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Testing.Faults;

/// <summary>
/// The expected contents of one partition while calls fail. Each record has a number of its own, also a refused one, so
/// that a misplaced or refused record is recognized.
/// </summary>
internal sealed class FaultedPartition
{
    private const int SegmentBytes = 16 << 10;
    private const int BatchRecords = 3;

    private readonly int _index;
    private readonly FaultedCalls _calls;
    private readonly RecordBatch _batch = new();

    /// <summary>The number of each record, by offset.</summary>
    private readonly List<long> _numbers = [];

    private long _nextNumber;
    private long _flushed;

    /// <summary>The last seen start after retention, and the greatest requested one.</summary>
    private long _start;
    private long _greatestStart;

    public FaultedPartition(int index, FaultedCalls calls)
    {
        _index = index;
        _calls = calls;
    }

    /// <summary>The offset below which everything was acknowledged as written.</summary>
    public long Written => _numbers.Count;

    /// <summary>The options of the partition's topic.</summary>
    public static TopicOptions Options(int partitions, int round) => new()
    {
        Partitions = partitions,
        SegmentBytes = SegmentBytes,
        Retention = round % 2 == 0
            ? RetentionPolicy.KeepForever
            : new RetentionPolicy { MaxAge = TimeSpan.FromDays(9) },
    };

    /// <summary>Appends a record, now and then a batch; a refused one must change nothing.</summary>
    public void Append(PartitionLog log, int turn)
    {
        long end = log.PublishedEnd;
        int count = turn % 5 == 4 ? BatchRecords : 1;
        long first = _nextNumber;
        _nextNumber += count;
        bool done = _calls.Try(() => Require(end, Append(log, first, count), "the offset of an append"));
        if (done)
        {
            _numbers.AddRange(Enumerable.Range(0, count).Select(i => first + i));
        }

        Require(_numbers.Count, log.PublishedEnd, done ? "the end after an append" : "the end after a refused append");
    }

    /// <summary>Flushes all records.</summary>
    public async Task FlushAsync(PartitionLog log)
    {
        long end = log.PublishedEnd;
        if (await _calls.TryAsync(() => log.FlushAsync(end, CancellationToken.None)).ConfigureAwait(false))
        {
            _flushed = end;
        }
        else if (log.DurableEnd >= end)
        {
            throw Violated("A flush failed, but what it was to flush counts as durable.");
        }
    }

    /// <summary>Begins a new segment.</summary>
    public void Roll(PartitionLog log, long now) => _calls.Try(() => log.Writer.Roll(log.Settings, now));

    /// <summary>Removes the first half of the flushed records, as retention does.</summary>
    public void Trim(PartitionLog log)
    {
        _greatestStart = Math.Max(_greatestStart, _flushed / 2);
        _calls.Try(() => log.DeleteBefore(_flushed / 2));
        bool isGood = log.StartOffset >= _start && log.StartOffset <= _greatestStart;
        Require(true, isGood, "a start that retention may have");
        _start = log.StartOffset;
    }

    /// <summary>Reads everything, which may fail.</summary>
    public void Read(PartitionLog log) => _calls.Try(() => ReadAll(log));

    /// <summary>Checks a log that was opened while calls may still fail; the page cache has survived.</summary>
    public void Meet(PartitionLog log)
    {
        Require(_numbers.Count, log.PublishedEnd, "the end after an opening");
        _start = log.StartOffset;
    }

    /// <summary>Checks the partition after an opening without faults.</summary>
    public void Check(PartitionLog log, bool lostPower)
    {
        long end = log.PublishedEnd;
        long least = lostPower ? _flushed : _numbers.Count;
        Require(true, end >= least && end <= _numbers.Count, $"an end of {least} to {_numbers.Count}, not {end}");
        long start = log.StartOffset;
        bool startIsGood = start >= (lostPower ? 0 : _start) && start <= _greatestStart;
        Require(true, startIsGood, $"a start of {_start} to {_greatestStart}, not {start}");
        _numbers.RemoveRange((int)end, _numbers.Count - (int)end);
        _flushed = Math.Min(_flushed, end);
        ReadAll(log);
        Append(log, turn: 0);
        Append(log, turn: 4);
        ReadAll(log);
    }

    private long Append(PartitionLog log, long first, int count)
    {
        if (count == 1)
        {
            return log.Append(new RawRecord(KeyOf(first), ValueOf(first)), out _);
        }

        _batch.Clear();
        for (long number = first; number < first + count; number++)
        {
            _batch.Add(new RawRecord(KeyOf(number), ValueOf(number)));
        }

        return new OwnedPartition(log).AppendBatch(_batch);
    }

    private void ReadAll(PartitionLog log)
    {
        long next = log.StartOffset;
        using (PartitionScan scan = log.Scan(next))
        {
            while (scan.TryRead(out RecordView record))
            {
                long number = _numbers[(int)next];
                Require(next, record.Offset, "the offset of a record");
                bool isWhole = record.Key.SequenceEqual(KeyOf(number)) && record.Value.SequenceEqual(ValueOf(number));
                Require(true, isWhole, $"the record {number} at offset {next}");
                next++;
            }
        }

        Require(_numbers.Count, next, "the end of a scan");
    }

    private byte[] KeyOf(long number) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_index}/{number}"));

    private static byte[] ValueOf(long number)
    {
        byte[] value = new byte[400 + (int)(number * 397 % 1600)];
        value.AsSpan().Fill((byte)number);
        return value;
    }

    private void Require<T>(T expected, T actual, string what)
    {
        if (!Equals(expected, actual))
        {
            throw Violated($"Not {what}: {actual} instead of {expected}.");
        }
    }

    private ModelViolationException Violated(string what) => new($"Partition {_index}: {what}");
}
