using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing;

/// <summary>
/// Everything that happened on a <see cref="TestLog"/>, over all crashes, in its order: what was sent, handed out,
/// handled and committed. <see cref="Law"/> says what must hold for it.
/// </summary>
/// <remarks>
/// Safe from any thread. Commits by interval are seen, and the lag is taken, whenever nothing is left to do.
/// </remarks>
public sealed class History
{
    private readonly Lock _gate = new();
    private readonly Func<TimeProvider> _clock = static () => TimeProvider.System;

    /// <summary>Under the gate, as all below.</summary>
    private readonly List<HistoryEntry> _entries = [];

    /// <summary>The records that were handed out last with a value, by the object itself.</summary>
    private readonly Dictionary<object, HistoryEntry> _byObject = new(ReferenceEqualityComparer.Instance);

    /// <summary>The same by an equal value.</summary>
    private readonly Dictionary<object, HistoryEntry> _byValue = [];

    /// <summary>The last known commits.</summary>
    private readonly Dictionary<(string Group, TopicPartition Partition), long> _commits = [];

    /// <summary>The last lag of each group.</summary>
    private readonly Dictionary<string, long> _lags = [];

    /// <summary>The topics that each group was seen to read.</summary>
    private readonly Dictionary<string, HashSet<string>> _topics = [];

    /// <param name="clock">Gives the clock that entries are dated by: that of the present life.</param>
    /// <param name="seed">See <see cref="Seed"/>.</param>
    internal History(Func<TimeProvider> clock, int? seed)
    {
        _clock = clock;
        Seed = seed;
    }

    /// <summary>A history that a test has made up.</summary>
    internal History(IEnumerable<HistoryEntry> entries, bool hasSinks, int? seed = null)
    {
        _entries.AddRange(entries);
        HasSinks = hasSinks;
        Seed = seed;
    }

    /// <summary>What repeats it on a simulated log; null on a real one.</summary>
    public int? Seed { get; }

    /// <summary>What has happened until now.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>Whether sinks say what was handled; otherwise what is finished counts as handled.</summary>
    internal bool HasSinks { get; set; }

    /// <summary>The groups that were seen to read.</summary>
    internal IReadOnlyList<string> Groups
    {
        get
        {
            lock (_gate)
            {
                return [.. _topics.Keys];
            }
        }
    }

    /// <summary>Finds what is broken.</summary>
    /// <param name="laws">The laws.</param>
    /// <returns>The first breach of each broken law, in the order of the laws; empty if all hold.</returns>
    public IReadOnlyList<LawViolation> Check(params Law[] laws)
    {
        ArgumentNullException.ThrowIfNull(laws);
        Ledger ledger = new(this);
        return [.. laws.Select(law => law.Find(ledger)).OfType<LawViolation>()];
    }

    /// <summary>All entries, one a line.</summary>
    public override string ToString() => string.Join('\n', Entries);

    /// <summary>Notes something.</summary>
    internal HistoryEntry Note(
        HistoryEntryKind kind,
        TopicPartition? partition = null,
        long? offset = null,
        string? group = null,
        string? member = null,
        string? key = null,
        object? value = null,
        string? detail = null,
        int cause = 0)
    {
        lock (_gate)
        {
            HistoryEntry entry = new(_entries.Count + 1, kind, _clock().GetUtcNow())
            {
                Partition = partition,
                Offset = offset,
                Group = group,
                Member = member,
                Key = key,
                Value = value,
                Detail = detail,
                Cause = cause,
            };
            _entries.Add(entry);
            if (group is not null && kind is (HistoryEntryKind.Assigned or HistoryEntryKind.HandedOut))
            {
                NoteTopic(group, partition!.Value.Topic);
            }

            if (kind == HistoryEntryKind.HandedOut && value is not null)
            {
                _byObject[value] = entry;
                _byValue[value] = entry;
            }
            else if (kind == HistoryEntryKind.Committed)
            {
                _commits[(group!, partition!.Value)] = offset!.Value;
            }

            return entry;
        }
    }

    /// <summary>The topics that a group was seen to read.</summary>
    internal IReadOnlyCollection<string> TopicsOf(string group)
    {
        lock (_gate)
        {
            return _topics.TryGetValue(group, out HashSet<string>? topics) ? [.. topics] : [];
        }
    }

    /// <summary>Notes a commit that was found, if it is new.</summary>
    internal void NoteCommit(string group, TopicPartition partition, long next)
    {
        lock (_gate)
        {
            if (!_commits.TryGetValue((group, partition), out long known) || known != next)
            {
                Note(HistoryEntryKind.Committed, partition, next, group);
            }
        }
    }

    /// <summary>Notes how far a group is behind, if that has changed.</summary>
    internal void NoteLag(string group, long records)
    {
        lock (_gate)
        {
            if (!_lags.TryGetValue(group, out long known) || known != records)
            {
                _lags[group] = records;
                Note(HistoryEntryKind.Lag, offset: records, group: group);
            }
        }
    }

    /// <summary>The hand-out of a value to a member, or to any; null if there was none.</summary>
    internal HistoryEntry? FindHandOut(object value)
    {
        lock (_gate)
        {
            return _byObject.TryGetValue(value, out HistoryEntry? same) ? same : _byValue.GetValueOrDefault(value);
        }
    }

    private void NoteTopic(string group, string topic)
    {
        if (!_topics.TryGetValue(group, out HashSet<string>? topics))
        {
            _topics.Add(group, topics = []);
        }

        topics.Add(topic);
    }
}
