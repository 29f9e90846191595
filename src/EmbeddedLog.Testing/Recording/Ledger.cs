namespace EmbeddedLog.Testing.Recording;

/// <summary>A history, sorted for the laws: which entry is about which record, and who has handled what.</summary>
internal sealed class Ledger
{
    /// <summary>The detail of an acknowledgement that survives a loss of power.</summary>
    public const string Flushed = "flushed";

    /// <summary>The detail of an acknowledgement that survives a kill.</summary>
    public const string Written = "written";

    /// <summary>By partition: the ends that it was cut to, in their order.</summary>
    private readonly Dictionary<TopicPartition, List<long>> _cuts = [];

    private readonly Dictionary<int, RecordId> _ids = [];
    private readonly Dictionary<RecordId, Acknowledged> _acknowledged = [];
    private readonly Dictionary<string, List<(RecordId Id, HistoryEntry Entry)>> _handled = [];
    private readonly Dictionary<(string Group, TopicPartition Partition), long> _committed = [];
    private readonly Dictionary<string, HashSet<string>> _topics = [];

    /// <summary>The hand-outs for which it was noted already that they are finished.</summary>
    private readonly HashSet<int> _finished = [];

    private readonly Dictionary<(string Group, string? Member, TopicPartition, long), int> _handOuts = [];

    public Ledger(History history)
    {
        History = history;
        Entries = history.Entries;
        foreach (HistoryEntry entry in Entries)
        {
            Add(entry, history.HasSinks);
        }
    }

    public History History { get; }

    public IReadOnlyList<HistoryEntry> Entries { get; }

    /// <summary>Whether nothing more comes.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The groups, and each consumer without one.</summary>
    public IEnumerable<string> Groups => _topics.Keys.Order(StringComparer.Ordinal);

    /// <summary>What was acknowledged, in the order of the acknowledgements.</summary>
    public IEnumerable<Acknowledged> Acknowledgements =>
        _acknowledged.Values.OrderBy(each => each.Entry.Number);

    /// <summary>What a group has handled, in its order.</summary>
    public IReadOnlyList<(RecordId Id, HistoryEntry Entry)> HandledBy(string group) =>
        _handled.GetValueOrDefault(group) ?? [];

    /// <summary>Whether a record is in the log at the end, as far as is known.</summary>
    public bool IsKept(RecordId record) => EraOf(record.Partition, record.Offset) == record.Era;

    /// <summary>
    /// Whether a group must have handled a record: it is kept, the group reads its topic, and it has committed beyond
    /// it or nothing more comes.
    /// </summary>
    public bool MustBeHandled(string group, RecordId record) =>
        IsKept(record)
        && _topics[group].Contains(record.Partition.Topic)
        && (HasEnded || _committed.GetValueOrDefault((group, record.Partition)) > record.Offset);

    /// <summary>The record that an entry is about; null for none.</summary>
    public RecordId? IdOf(HistoryEntry entry) =>
        _ids.TryGetValue(entry.Number, out RecordId id) ? id : null;

    /// <summary>
    /// What a breach is explained by: all about some records, the first commit of a group beyond each, and the crashes
    /// in between.
    /// </summary>
    public IReadOnlyList<HistoryEntry> Explain(string? group, params IEnumerable<RecordId> records)
    {
        HashSet<RecordId> wanted = [.. records];
        HashSet<int> numbers = [];
        foreach (HistoryEntry entry in Entries)
        {
            if (IdOf(entry) is { } id && wanted.Contains(id) && (entry.Group is null || NameOf(entry) == group))
            {
                numbers.Add(entry.Number);
                if (entry.Kind == HistoryEntryKind.Acknowledged)
                {
                    numbers.Add(entry.Cause);
                }
            }
        }

        foreach (RecordId record in wanted)
        {
            HistoryEntry? commit = Entries.FirstOrDefault(entry =>
                entry.Kind == HistoryEntryKind.Committed && entry.Group == group
                && entry.Partition == record.Partition && entry.Offset > record.Offset);
            numbers.Add(commit?.Number ?? 0);
        }

        numbers.Remove(0);
        if (numbers.Count == 0)
        {
            return [];
        }

        (int first, int last) = (numbers.Min(), HasEnded ? Entries.Count : numbers.Max());
        numbers.UnionWith(Entries
            .Where(entry => entry.Kind is HistoryEntryKind.Crashed or HistoryEntryKind.Ended)
            .Select(entry => entry.Number)
            .Where(number => number > first && number <= last));
        return [.. Entries.Where(entry => numbers.Contains(entry.Number))];
    }

    /// <summary>The name under which an entry's consumer counts: its group, or its own.</summary>
    private static string NameOf(HistoryEntry entry) => entry.Group ?? $"{entry.Member}, which has no group";

    private void Add(HistoryEntry entry, bool hasSinks)
    {
        switch (entry.Kind)
        {
            case HistoryEntryKind.Ended:
                HasEnded = true;
                break;
            case HistoryEntryKind.Recovered:
                Cuts(entry.Partition!.Value).Add(entry.Offset!.Value);
                break;
            case HistoryEntryKind.Committed:
                _committed[(entry.Group!, entry.Partition!.Value)] = entry.Offset!.Value;
                break;
            case HistoryEntryKind.Assigned when entry.Partition is { } partition:
                TopicsOf(NameOf(entry)).Add(partition.Topic);
                break;
            case HistoryEntryKind.Acknowledged or HistoryEntryKind.HandedOut or HistoryEntryKind.Finished
                or HistoryEntryKind.HandlerFailed or HistoryEntryKind.Effect or HistoryEntryKind.DeadLettered:
                AddRecord(entry, hasSinks);
                break;
        }
    }

    private void AddRecord(HistoryEntry entry, bool hasSinks)
    {
        TopicPartition partition = entry.Partition!.Value;
        long offset = entry.Offset!.Value;
        RecordId id = entry.Kind == HistoryEntryKind.Effect && _ids.TryGetValue(entry.Cause, out RecordId handed)
            ? handed
            : new RecordId(partition, offset, EraOf(partition, offset));
        _ids[entry.Number] = id;
        switch (entry.Kind)
        {
            case HistoryEntryKind.Acknowledged:
                if (!_acknowledged.TryGetValue(id, out Acknowledged? known) || !known.IsFlushed)
                {
                    _acknowledged[id] = new Acknowledged(id, entry);
                }

                break;
            case HistoryEntryKind.HandedOut:
                TopicsOf(NameOf(entry)).Add(partition.Topic);
                _handOuts[(NameOf(entry), entry.Member, partition, offset)] = entry.Number;
                break;
            case HistoryEntryKind.Effect:
                Handled(NameOf(entry)).Add((id, entry));
                break;
            case HistoryEntryKind.Finished when !hasSinks:
                // A commit by hand and the next record finish the same hand-out.
                if (_finished.Add(_handOuts.GetValueOrDefault((NameOf(entry), entry.Member, partition, offset))))
                {
                    Handled(NameOf(entry)).Add((id, entry));
                }

                break;
        }
    }

    private int EraOf(TopicPartition partition, long offset) =>
        _cuts.TryGetValue(partition, out List<long>? cuts) ? cuts.Count(end => end <= offset) : 0;

    private List<long> Cuts(TopicPartition partition)
    {
        if (!_cuts.TryGetValue(partition, out List<long>? cuts))
        {
            _cuts.Add(partition, cuts = []);
        }

        return cuts;
    }

    private List<(RecordId Id, HistoryEntry Entry)> Handled(string group)
    {
        if (!_handled.TryGetValue(group, out List<(RecordId Id, HistoryEntry Entry)>? handled))
        {
            _handled.Add(group, handled = []);
        }

        return handled;
    }

    private HashSet<string> TopicsOf(string group)
    {
        if (!_topics.TryGetValue(group, out HashSet<string>? topics))
        {
            _topics.Add(group, topics = []);
        }

        return topics;
    }
}
