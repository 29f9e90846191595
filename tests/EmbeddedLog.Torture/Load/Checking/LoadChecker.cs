using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>
/// Opens a log after the end of a life and compares it with the acknowledgements: no record of an acknowledged level
/// may be lost; none may be invented, changed, reordered or doubled; there may be no gap, no commit beyond the end or
/// taken back, and nothing left open.
/// </summary>
internal sealed class LoadChecker
{
    private readonly LoadHistory _history;
    private readonly LoadLoss _loss;

    /// <summary>The records that were found since the last check, in all partitions.</summary>
    private readonly HashSet<LoadIdentity> _new = [];

    private LoadChecker(LoadHistory history, LoadLoss loss)
    {
        _history = history;
        _loss = loss;
    }

    /// <summary>The number of records after the durable end that the opening copied.</summary>
    public long Copied { get; private set; }

    /// <summary>The number of lost records that were acknowledged only as written, which is allowed.</summary>
    public long Lost { get; private set; }

    /// <summary>The number of bytes that the opening found torn.</summary>
    public long TornBytes { get; private set; }

    /// <summary>The number of records found.</summary>
    public long Found { get; private set; }

    /// <summary>Opens, compares and closes the log, and takes its contents over into the history.</summary>
    /// <param name="directory">The log's directory; its owner has ended.</param>
    /// <param name="history">The acknowledgements.</param>
    /// <param name="loss">What the end of the last life may have cost.</param>
    /// <exception cref="LoadViolationException">A promise was broken.</exception>
    public static LoadChecker Check(string directory, LoadHistory history, LoadLoss loss)
    {
        history.ThrowIfBroken();
        LoadChecker checker = new(history, loss);
        try
        {
            using CommitLog log = CommitLog.Open(directory, new CommitLogOptions
            {
                RetentionCheckInterval = TimeSpan.FromDays(1),
                RetainsAtOpening = false,
            });
            checker.CheckTopics(log);
        }
        catch (EmbeddedLogException damage) when (damage is CorruptLogException or LogIOException)
        {
            throw new LoadViolationException($"The log cannot be opened or read: {damage}");
        }

        OpenHandles.ThrowIfAnyUnder(directory);
        history.NoteChecked();
        history.Tell($"checked: {checker.Found} records, {checker.Copied} of them copied");
        return checker;
    }

    private void CheckTopics(CommitLog log)
    {
        for (int place = 0; place < LoadTopic.All.Count; place++)
        {
            LoadTopic expected = LoadTopic.All[place];
            log.TryGetTopic(expected.Name, out Topic? topic);
            for (int partition = 0; partition < expected.Partitions; partition++)
            {
                PartitionHistory history = _history.Partition(place, partition);
                if (topic is not null)
                {
                    Check(topic[partition], place, history);
                }
                else if (history.FoundEnd > 0 || history.AcknowledgedEnd > 0)
                {
                    throw new LoadViolationException($"Topic {expected.Name} is gone.");
                }
            }
        }

        for (int place = 0; place < LoadGroup.All.Count; place++)
        {
            CheckGroup(log, place);
        }
    }

    private void Check(OwnedPartition partition, int place, PartitionHistory history)
    {
        Lost += Math.Max(0, history.AcknowledgedEnd - partition.EndOffset);
        new PartitionCheck(partition, place, history, _history, _loss, _new).Run();
        Found += history.FoundEnd - history.FoundStart;
        Copied += partition.Log.Recovery.CopiedRecords;
        TornBytes += partition.Log.Recovery.TornBytes;
    }

    private void CheckGroup(CommitLog log, int place)
    {
        LoadGroup group = LoadGroup.All[place];
        if (!log.TryGetTopic(LoadTopic.All[group.Topic].Name, out Topic? topic))
        {
            return;
        }

        using Consumer<byte[]?, byte[]> consumer = log.CreateConsumer<byte[]?, byte[]>(topic.Name, group.Name);
        foreach (OwnedPartition partition in topic.Partitions)
        {
            CommittedOffset? committed =
                consumer.GetCommittedAsync(partition.TopicPartition).AsTask().GetAwaiter().GetResult();
            CommitHistory history = _history.Commit(place, partition.Number);
            long found = committed?.Next.Offset ?? 0;
            bool isKept = _loss == LoadLoss.None
                ? found == history.Acknowledged || history.Begun.Contains(found)
                : found >= Math.Min(history.Flushed, partition.EndOffset)
                    && found <= history.Begun.Append(history.Acknowledged).Max();
            bool hasOwnMetadata = committed?.Metadata is not { } metadata
                || metadata == group.MetadataOf(partition.Number, found);
            if (!isKept || !hasOwnMetadata || found > partition.EndOffset)
            {
                throw new LoadViolationException(
                    $"Group {group.Name} stands at {found} ('{committed?.Metadata}') in {partition.TopicPartition}, "
                    + $"which ends at {partition.EndOffset}; acknowledged were {history.Acknowledged}, as flushed "
                    + $"{history.Flushed}, and begun was {string.Join(", ", history.Begun)}.");
            }

            history.Acknowledged = history.Flushed = found;
            history.Begun.Clear();
        }
    }
}
