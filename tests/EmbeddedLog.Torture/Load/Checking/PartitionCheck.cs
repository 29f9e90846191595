using EmbeddedLog.Torture.Load.Producers;

namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>Compares one partition of an opened log with its history.</summary>
internal sealed class PartitionCheck
{
    private readonly OwnedPartition _partition;
    private readonly int _topic;
    private readonly PartitionHistory _history;
    private readonly LoadHistory _all;
    private readonly LoadLoss _loss;
    private readonly HashSet<LoadIdentity> _new;

    /// <summary>By producer: the sequence of its last record in the partition.</summary>
    private readonly Dictionary<int, long> _last = [];

    /// <param name="partition">The partition.</param>
    /// <param name="topic">The topic's place.</param>
    /// <param name="history">The history of the partition.</param>
    /// <param name="all">The history of all partitions.</param>
    /// <param name="loss">What may be missing.</param>
    /// <param name="new">The new records found so far in any partition, to be added to.</param>
    public PartitionCheck(
        OwnedPartition partition,
        int topic,
        PartitionHistory history,
        LoadHistory all,
        LoadLoss loss,
        HashSet<LoadIdentity> @new)
    {
        _partition = partition;
        _topic = topic;
        _history = history;
        _all = all;
        _loss = loss;
        _new = @new;
    }

    /// <summary>Reads and compares all records, and takes them over into the history.</summary>
    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public void Run()
    {
        CheckEnds();
        List<LoadIdentity> found = [];
        using (PartitionScan scan = _partition.Scan(_partition.StartOffset))
        {
            while (scan.TryRead(out RecordView record))
            {
                long offset = _partition.StartOffset + found.Count;
                LoadIdentity identity = record.Offset != offset
                    ? throw Broken($"offset {offset} is missing: the next record is at {record.Offset}")
                    : LoadRecord.Identify(record) ?? throw Broken($"at offset {offset} is what nobody has made");
                CheckIdentity(identity, offset);
                found.Add(identity);
            }
        }

        if (found.Count != _partition.EndOffset - _partition.StartOffset)
        {
            throw Broken($"a scan ends after {found.Count} records");
        }

        CheckFiles();
        _history.Replace(_partition.StartOffset, found);
    }

    private void CheckEnds()
    {
        long start = _partition.StartOffset;
        long end = _partition.EndOffset;
        long mustReach = Math.Max(_history.FoundEnd, _loss == LoadLoss.None
            ? Math.Max(_history.AcknowledgedEnd, _history.FlushedEnd)
            : _history.FlushedEnd);
        if (end < mustReach)
        {
            throw Broken($"records are lost: {mustReach} was acknowledged as the end");
        }

        if (start < _history.FoundStart)
        {
            throw Broken($"removed records have come back: it started at {_history.FoundStart}");
        }

        if (_partition.DurableOffset != end)
        {
            throw Broken($"an opening has left {_partition.DurableOffset} as the durable end");
        }

        // Kafka's rule keeps at least the limit; recovery merges segments, which may remove a few headers and seals.
        if (start > 0 && _loss == LoadLoss.None
            && (LoadTopic.All[_topic].KeptBytes is not { } kept || _partition.SizeBytes < kept / 2))
        {
            throw Broken($"retention has left {_partition.SizeBytes} bytes");
        }
    }

    private void CheckIdentity(LoadIdentity identity, long offset)
    {
        bool isOld = offset < _history.FoundEnd;
        LoadIdentity? expected = isOld ? _history.FoundAt(offset)
            : _history.Acknowledged.TryGetValue(offset, out LoadIdentity acknowledged) ? acknowledged
            : null;
        if (expected is { } other ? identity != other : !MayBeThere(identity))
        {
            throw Broken(
                $"at offset {offset} is {identity}, "
                + (expected is null ? "which nobody may have appended" : $"but {expected} was put there"));
        }

        bool isInOrder = !_last.TryGetValue(identity.Producer, out long last) || last < identity.Sequence;
        _last[identity.Producer] = identity.Sequence;
        if (!isInOrder || (!isOld && !_new.Add(identity)))
        {
            throw Broken($"at offset {offset} is {identity}, which is doubled, or follows a later one ({last})");
        }
    }

    /// <summary>
    /// Whether the record may have been appended since the last check without a complete acknowledgement.
    /// </summary>
    private bool MayBeThere(LoadIdentity identity) =>
        identity.Life >= _all.FirstUnchecked && identity.Life <= _all.Life
        && LoadProducers.TopicOf(identity) == _topic
        && !_all.WasRefused(identity);

    /// <summary>Every segment file must be part of the log: the opening removes all others.</summary>
    private void CheckFiles()
    {
        int listed = _partition.Log.Segments.Count;
        if (listed == 0)
        {
            return;
        }

        string directory = Path.GetDirectoryName(_partition.Log.Segments.Items[0].Path)!;
        string[] files = Directory.GetFiles(directory, "*.segment");
        if (files.Length != listed)
        {
            throw Broken($"{listed} segments are listed, but there are {string.Join(", ", files)}");
        }
    }

    private LoadViolationException Broken(string what) => new(
        $"{_partition.TopicPartition} ({_partition.StartOffset} to {_partition.EndOffset}): {what}.");
}
