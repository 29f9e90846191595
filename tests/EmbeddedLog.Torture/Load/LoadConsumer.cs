namespace EmbeddedLog.Torture.Load;

/// <summary>
/// Reads a topic for a group from its commit, checks that every record has its original content and follows in order
/// without gaps, and commits.
/// </summary>
internal sealed class LoadConsumer : IAsyncDisposable
{
    private readonly LoadWork _work;
    private readonly int _place;
    private readonly LoadGroup _group;
    private readonly Topic _topic;
    private readonly Random _random;
    private readonly Consumer<byte[]?, byte[]> _consumer;

    /// <summary>By partition: the offset of the next record.</summary>
    private readonly long[] _next;

    public LoadConsumer(LoadWork work, int place)
    {
        _work = work;
        _place = place;
        _group = LoadGroup.All[place];
        _topic = work.TopicAt(_group.Topic);
        _random = work.RandomOf(1000 + place);
        _consumer = work.Log.CreateConsumer<byte[]?, byte[]>(
            _topic.Name, _group.Name, new ConsumerOptions { CommitDurability = _group.Level });
        _next = [.. _topic.Partitions.Select(partition => Committed(partition.TopicPartition))];
    }

    /// <summary>Reads until the life is over or reading is impossible.</summary>
    public async Task RunAsync()
    {
        while (await ReadAsync())
        {
            // No handle was free for a moment; the next read continues at the same place.
        }
    }

    public ValueTask DisposeAsync() => _consumer.DisposeAsync();

    /// <summary>One read; returns whether to read again.</summary>
    private async Task<bool> ReadAsync()
    {
        try
        {
            await foreach (Record<byte[]?, byte[]> record in _consumer.ReadAllAsync(_work.Stop))
            {
                if (!Check(record))
                {
                    return false;
                }

                if (_random.Next(24) == 0)
                {
                    await CommitAsync(record);
                }
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
        {
            // The life is over.
        }
        catch (PartitionFailedException failure)
        {
            // The partition of the commits has failed; the mode knows whether that is allowed.
            _work.Report.Tell(
                LoadMessageKind.Note, $"group {_group.Name} cannot commit any more", LoadReport.KindOf(failure));
        }
        catch (EmbeddedLogException failure)
        {
            LoadFailure why = LoadReport.KindOf(failure);
            _work.Report.Tell(LoadMessageKind.Note, $"group {_group.Name}: {failure}", why);
            return why == LoadFailure.NoHandles;
        }

        return false;
    }

    private bool Check(in Record<byte[]?, byte[]> record)
    {
        long expected = _next[record.Partition];
        _next[record.Partition] = record.Offset + 1;
        string? broken =
            LoadRecord.Identify(record) is null ? "was read as nobody has made it"
            : record.Offset < expected ? $"was read again, or before its turn: offset {expected} was to come"
            : record.Offset > expected && record.Offset > _topic[record.Partition].StartOffset
                ? $"was read although offset {expected} was to come and the log starts at "
                    + $"{_topic[record.Partition].StartOffset}"
            : null;
        if (broken is not null)
        {
            _work.Report.Tell(
                LoadMessageKind.Violation, $"group {_group.Name}: {record.TopicPartitionOffset} {broken}");
        }

        return broken is null;
    }

    private async ValueTask CommitAsync(Record<byte[]?, byte[]> finished)
    {
        int partition = finished.Partition;
        long next = finished.Offset + 1;
        Tell(LoadMessageKind.Committing, partition, next);
        try
        {
            if (_random.Next(2) == 0)
            {
                await _consumer.CommitAsync(finished);
            }
            else
            {
                await _consumer.CommitAsync(
                    new NextOffset(finished.TopicPartition, next), _group.MetadataOf(partition, next));
            }

            Tell(LoadMessageKind.Committed, partition, next);
        }
        catch (EmbeddedLogException lacking)
            when (LoadReport.KindOf(lacking) is LoadFailure.DiskFull or LoadFailure.NoHandles)
        {
            // The next commit replaces this one.
        }
    }

    /// <summary>The outcome is known at once.</summary>
    private long Committed(TopicPartition partition) =>
        _consumer.GetCommittedAsync(partition).AsTask().GetAwaiter().GetResult()?.Next.Offset ?? 0;

    private void Tell(LoadMessageKind kind, int partition, long next) =>
        _work.Report.Commit(kind, _place, partition, next, _group.Level);
}
