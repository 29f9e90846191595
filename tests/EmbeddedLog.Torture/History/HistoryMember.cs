namespace EmbeddedLog.Torture.History;

/// <summary>One consumer of the group: reads some records, is late now and then, commits, and is disposed.</summary>
internal sealed class HistoryMember
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMilliseconds(20);

    private readonly int _number;
    private readonly Random _random;
    private readonly GroupHistory _history;
    private readonly Consumer<string, byte[]> _consumer;
    private readonly bool _commitsByHand;

    public HistoryMember(CommitLog log, int number, Random random, GroupHistory history, bool isPatient = false)
    {
        _number = number;
        _random = random;
        _history = history;
        history.Join(this);
        _commitsByHand = isPatient || random.Next(3) > 0;
        _consumer = log.CreateConsumer<string, byte[]>(
            Subscription.Matching(new System.Text.RegularExpressions.Regex("^topic")),
            "group",
            new ConsumerOptions
            {
                ClientName = $"member-{number}",
                MaxPollInterval = isPatient ? Timeout.InfiniteTimeSpan : s_limit,
                MaxBufferedRecords = random.Next(1, 50),
                OnAssigned = (_, partitions, _) => Tell(history.Assign, partitions),
                OnRevoked = (_, partitions, _) => Tell(history.Revoke, partitions),
                OnLost = (_, partitions, _) => Tell(history.Lose, partitions),
            });
    }

    /// <summary>
    /// By partition: the offset that comes next; -1 where the group has committed. Under the history's gate.
    /// </summary>
    public Dictionary<TopicPartition, long> Next { get; } = [];

    /// <summary>By partition: where the group was at least when it was assigned. Under the history's gate.</summary>
    public Dictionary<TopicPartition, long> Floor { get; } = [];

    /// <summary>How many commits there were when it told something last. Under the history's gate.</summary>
    public long LastHeard { get; set; }

    /// <summary>Reads until it has had enough.</summary>
    public async Task LiveAsync(CancellationToken over)
    {
        try
        {
            for (int reads = _random.Next(1, 4); reads > 0 && !over.IsCancellationRequested; reads--)
            {
                await ReadAsync(_random.Next(1, 2_000), over);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // All was handled.
        }

        await _consumer.DisposeAsync();
    }

    /// <summary>Reads what is left.</summary>
    public async Task FinishAsync()
    {
        // What others hold is let go of by their disposal, which came before.
        await foreach (Record<string, byte[]> record in _consumer.ReadToEndAsync())
        {
            _history.Handle(this, record.TopicPartition, record.Offset, BitConverter.ToInt64(record.Value));
        }

        await _consumer.DisposeAsync();
    }

    public override string ToString() => $"member-{_number}";

    private async Task ReadAsync(int records, CancellationToken over)
    {
        await foreach (Record<string, byte[]> record in _consumer.ReadAllAsync(over))
        {
            _history.Handle(this, record.TopicPartition, record.Offset, BitConverter.ToInt64(record.Value));
            if (_random.Next(2_000) == 0)
            {
                // Late: another member may take over.
                await Task.Delay(3 * s_limit, over);
            }

            bool finished = _commitsByHand && _random.Next(5) == 0 && await TryCommitAsync(record);
            if (--records == 0)
            {
                if (!finished)
                {
                    _history.Leave(this, record.TopicPartition, record.Offset);
                }

                break;
            }
        }
    }

    private async Task<bool> TryCommitAsync(Record<string, byte[]> record)
    {
        long next = record.Offset + 1;
        int version = _history.BeginCommit(this, record.TopicPartition, next);
        bool done = true;
        try
        {
            await _consumer.CommitAsync(record);
        }
        catch (PartitionLostException)
        {
            done = false;
        }

        _history.EndCommit(this, record.TopicPartition, next, version, done);
        return done;
    }

    private ValueTask Tell(
        Action<HistoryMember, IReadOnlyList<TopicPartition>> tell, IReadOnlyList<TopicPartition> partitions)
    {
        tell(this, partitions);
        return ValueTask.CompletedTask;
    }
}
