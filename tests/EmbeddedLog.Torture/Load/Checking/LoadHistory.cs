using System.Diagnostics;
using System.Globalization;
using System.Text;
using EmbeddedLog.Torture.Load.Producers;

namespace EmbeddedLog.Torture.Load.Checking;

/// <summary>
/// The messages of all lives of one directory: what was acknowledged, refused and begun. Members that take messages are
/// called by one thread at a time; values read while a child lives may be a moment old.
/// </summary>
internal sealed class LoadHistory
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly StringBuilder _story = new();
    private readonly PartitionHistory[][] _partitions =
        [.. LoadTopic.All.Select(topic => Fill<PartitionHistory>(topic.Partitions))];
    private readonly CommitHistory[][] _commits =
        [.. LoadGroup.All.Select(group => Fill<CommitHistory>(LoadTopic.All[group.Topic].Partitions))];
    private readonly HashSet<LoadIdentity> _refused = [];
    private readonly long[] _failures = new long[Enum.GetValues<LoadFailure>().Length];

    /// <summary>The number of acknowledged records of each producer of the present life.</summary>
    private readonly long[] _byProducer = new long[LoadProducers.MaxCount];

    private LoadViolationException? _violation;

    /// <summary>Replaced as a whole by the mode, read by the thread that takes messages.</summary>
    private volatile LoadFailure[] _tolerated = [];

    /// <summary>Set by the mode before the loss of power; read by the thread that takes messages.</summary>
    private volatile bool _powerGoes;

    private long _messages;
    private long _acknowledged;
    private long _flushed;
    private long _commitCount;

    /// <summary>The first life without a check.</summary>
    public int FirstUnchecked { get; private set; }

    /// <summary>The present or last life.</summary>
    public int Life { get; private set; } = -1;

    /// <summary>The number of messages of all lives.</summary>
    public long Messages => Volatile.Read(ref _messages);

    /// <summary>The number of acknowledged records.</summary>
    public long AcknowledgedRecords => Volatile.Read(ref _acknowledged);

    /// <summary>The number of acknowledgements of a flush, of a record or of all up to an offset.</summary>
    public long FlushAcknowledgements => Volatile.Read(ref _flushed);

    /// <summary>The number of records after the last acknowledgement of a flush, in all partitions.</summary>
    public long UnflushedRecords => _partitions.SelectMany(all => all)
        .Sum(partition => Math.Max(0, partition.AcknowledgedEnd - partition.FlushedEnd));

    /// <summary>The number of acknowledged commits.</summary>
    public long Commits => Volatile.Read(ref _commitCount);

    /// <summary>
    /// Whether an opening finds everything acknowledged and flushes it: not if lives end with a loss of power.
    /// </summary>
    public bool OpeningsKeepAll { get; init; } = true;

    /// <summary>The number of failures for a reason.</summary>
    public long Failures(LoadFailure failure) => Volatile.Read(ref _failures[(int)failure]);

    /// <summary>The number of acknowledged records of a producer of the present life.</summary>
    public long AcknowledgedBy(int index) => Volatile.Read(ref _byProducer[index]);

    /// <summary>A partition, by the topic's place.</summary>
    public PartitionHistory Partition(int topic, int partition) => _partitions[topic][partition];

    /// <summary>A group's commits in a partition of its topic, by the group's place.</summary>
    public CommitHistory Commit(int group, int partition) => _commits[group][partition];

    /// <summary>Whether the record's append was refused.</summary>
    public bool WasRefused(LoadIdentity identity) => _refused.Contains(identity);

    /// <summary>Begins a life.</summary>
    public void Begin(int life)
    {
        Life = life;
        _powerGoes = false;
        Array.Clear(_byProducer);
        Tell($"life {life} begins");
    }

    /// <summary>Notes an event for the story that is reported with a violation.</summary>
    public void Tell(string what)
    {
        lock (_story)
        {
            _story.AppendLine(CultureInfo.InvariantCulture, $"  {_clock.Elapsed.TotalSeconds,8:F3} s  {what}");
        }
    }

    /// <summary>
    /// Sets the failures that are expected from now on, before they can happen; any other is a violation, except those
    /// of closing.
    /// </summary>
    public void Tolerate(params LoadFailure[] failures) => _tolerated = failures;

    /// <summary>
    /// Notes that the power is lost now: a flush acknowledged from here on promises nothing, since no program would run
    /// any more. A file system that is shut down still answers, and ext4 may report a flush as done although the
    /// shutdown has dropped its last step.
    /// </summary>
    public void NotePowerGoes() => _powerGoes = true;

    /// <summary>Takes a message of the child.</summary>
    public void Note(in LoadMessage message, string text)
    {
        Volatile.Write(ref _messages, _messages + 1);
        try
        {
            Take(message, text);
        }
        catch (LoadViolationException violation)
        {
            _violation ??= violation;
        }
    }

    /// <summary>Throws the violation that a message has shown, if any.</summary>
    public void ThrowIfBroken()
    {
        if (_violation is not null)
        {
            throw _violation;
        }
    }

    /// <summary>Notes that a check has compared everything.</summary>
    public void NoteChecked() => FirstUnchecked = Life + 1;

    /// <summary>The story so far and the state of each partition.</summary>
    public override string ToString()
    {
        StringBuilder all = new();
        lock (_story)
        {
            all.Append(_story);
        }

        for (int topic = 0; topic < _partitions.Length; topic++)
        {
            for (int partition = 0; partition < _partitions[topic].Length; partition++)
            {
                PartitionHistory known = _partitions[topic][partition];
                all.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"  {LoadTopic.All[topic].Name}-{partition}: the last check saw {known.FoundStart} to "
                    + $"{known.FoundEnd}; since then {known.Acknowledged.Count} records were acknowledged, up to "
                    + $"{known.AcknowledgedEnd}, as flushed up to {known.FlushedEnd}");
            }
        }

        return all.ToString();
    }

    private static T[] Fill<T>(int count)
        where T : new() => [.. Enumerable.Range(0, count).Select(_ => new T())];

    private void Take(in LoadMessage message, string text)
    {
        switch (message.Kind)
        {
            case LoadMessageKind.Appended:
                TakeAppended(message);
                break;
            case LoadMessageKind.Flushed when _powerGoes:
                break;
            case LoadMessageKind.Flushed:
                _flushed++;
                Partition(message.Topic, message.Partition).AcknowledgeFlush(message.Offset);
                break;
            case LoadMessageKind.Refused:
                _refused.UnionWith(Identities(message));
                TakeFailure(message.Failure, "an append");
                break;
            case LoadMessageKind.Unclear:
                TakeFailure(message.Failure, "a flush or a send");
                break;
            case LoadMessageKind.Committing:
                Commit(message.Group, message.Partition).Begun.Add(message.Offset);
                break;
            case LoadMessageKind.Committed:
                TakeCommitted(message);
                break;
            case LoadMessageKind.Violation:
                Tell(text);
                throw new LoadViolationException(text);
            default:
                TakeEvent(message, text);
                break;
        }
    }

    private void TakeAppended(in LoadMessage message)
    {
        PartitionHistory partition = Partition(message.Topic, message.Partition);
        long offset = message.Offset;
        foreach (LoadIdentity identity in Identities(message))
        {
            partition.Acknowledge(identity, offset++);
        }

        _acknowledged += message.Count;
        _byProducer[LoadProducers.IndexOf(message.Producer)] += message.Count;
        if (message.IsFlushed && !_powerGoes)
        {
            _flushed++;
            partition.AcknowledgeFlush(offset);
        }
    }

    private void TakeCommitted(in LoadMessage message)
    {
        CommitHistory commit = Commit(message.Group, message.Partition);
        commit.Acknowledged = message.Offset;
        commit.Flushed = message.IsFlushed && !_powerGoes ? message.Offset : commit.Flushed;
        commit.Begun.Clear();
        _commitCount++;
    }

    private void TakeEvent(in LoadMessage message, string text)
    {
        Tell(text.Length == 0 ? $"the child tells: {message.Kind}" : $"the child tells: {message.Kind}, {text}");
        if (message.Kind == LoadMessageKind.Opened && OpeningsKeepAll)
        {
            foreach (PartitionHistory partition in _partitions.SelectMany(all => all))
            {
                partition.AcknowledgeFlush(partition.AcknowledgedEnd);
            }

            foreach (CommitHistory commit in _commits.SelectMany(all => all))
            {
                commit.Flushed = commit.Acknowledged;
            }
        }
        else if (message.Failure != LoadFailure.None)
        {
            TakeFailure(message.Failure, text);
        }
    }

    private void TakeFailure(LoadFailure failure, string what)
    {
        _failures[(int)failure]++;
        if (failure != LoadFailure.Closed && !_tolerated.Contains(failure))
        {
            throw new LoadViolationException($"It failed without a reason ({failure}): {what}.");
        }
    }

    private static IEnumerable<LoadIdentity> Identities(LoadMessage message) =>
        Enumerable.Range(0, message.Count).Select(i => new LoadIdentity(message.Producer, message.Sequence + i));
}
