using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.History;

/// <summary>
/// What the members of a group did, and what must hold of it: each partition has one owner, unless the last one was
/// late, which it is told later; an owner begins where the group has committed and reads on in order; and a commit of
/// another member does not count. All members are safe from any thread.
/// </summary>
internal sealed class GroupHistory
{
    private const int LinesKept = 60;

    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, HistoryMember> _owners = [];

    /// <summary>Partitions that another member got, and whose last owner was not told yet. Under the gate.</summary>
    private readonly HashSet<(HistoryMember Member, TopicPartition Partition)> _untold = [];

    /// <summary>The last commit that has succeeded, and the highest that was tried since. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, (long Done, long Tried)> _commits = [];

    private readonly HashSet<(TopicPartition, long)> _handled = [];
    private readonly Queue<string> _lines = [];

    public long Operations => Handled + Commits;

    public long Handled { get; private set; }

    public long Commits { get; private set; }

    public long Assigned { get; private set; }

    public long Lost { get; private set; }

    public long Refused { get; private set; }

    public void Assign(HistoryMember member, IReadOnlyList<TopicPartition> partitions)
    {
        lock (_gate)
        {
            Note($"{member} has {string.Join(' ', partitions)}");
            foreach (TopicPartition partition in partitions)
            {
                if (_owners.TryGetValue(partition, out HistoryMember? owner))
                {
                    // It must have been put out, and is told with its next read.
                    _untold.Add((owner, partition));
                    ThrowIf(owner == member, $"{member} gets {partition} twice");
                }

                _owners[partition] = member;
                member.Next[partition] = -1;
                Assigned++;
            }
        }
    }

    public void Revoke(HistoryMember member, IReadOnlyList<TopicPartition> partitions)
    {
        lock (_gate)
        {
            Note($"{member} gives {string.Join(' ', partitions)}");
            foreach (TopicPartition partition in partitions)
            {
                // One that is being disposed may have been put out before, without a read that told it.
                bool wasUntold = _untold.Remove((member, partition));
                ThrowIf(!wasUntold && _owners.GetValueOrDefault(partition) != member, $"{member} gives {partition}");
                Forget(member, partition, wasUntold);
            }
        }
    }

    public void Lose(HistoryMember member, IReadOnlyList<TopicPartition> partitions)
    {
        lock (_gate)
        {
            Note($"{member} lost {string.Join(' ', partitions)}");
            foreach (TopicPartition partition in partitions)
            {
                bool wasUntold = _untold.Remove((member, partition));
                Forget(member, partition, wasUntold);
                Lost++;
            }
        }
    }

    /// <summary>A member got a record.</summary>
    public void Handle(HistoryMember member, TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            ThrowIf(
                !member.Next.TryGetValue(partition, out long next), $"{member} got {partition}@{offset}, not its own");
            if (next < 0)
            {
                (long done, long tried) = _commits.GetValueOrDefault(partition);
                ThrowIf(
                    offset < done || offset > Math.Max(done, tried),
                    $"{member} begins {partition} at {offset}, where {done} to {tried} was committed");
            }
            else
            {
                ThrowIf(offset != next, $"{member} got {partition}@{offset} after {next - 1}");
            }

            member.Next[partition] = offset + 1;
            _handled.Add((partition, offset));
            Handled++;
        }
    }

    /// <summary>A member leaves its read with a record in hand that is not finished: it comes again.</summary>
    public void Leave(HistoryMember member, TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            if (member.Next.ContainsKey(partition))
            {
                member.Next[partition] = offset;
            }
        }
    }

    /// <summary>A commit is tried; returns whether the member owns the partition.</summary>
    public bool BeginCommit(HistoryMember member, TopicPartition partition, long next)
    {
        lock (_gate)
        {
            (long done, long tried) = _commits.GetValueOrDefault(partition);
            bool owns = _owners.GetValueOrDefault(partition) == member;
            if (owns)
            {
                _commits[partition] = (done, Math.Max(tried, next));
            }

            return owns;
        }
    }

    /// <summary>A commit has succeeded, or was refused because the partition was lost.</summary>
    public void EndCommit(HistoryMember member, TopicPartition partition, long next, bool owned, bool done)
    {
        lock (_gate)
        {
            if (!done)
            {
                Refused++;
                return;
            }

            ThrowIf(!owned, $"a commit of {member} in {partition} counts, which it does not have");
            (long before, long tried) = _commits.GetValueOrDefault(partition);
            if (_owners.GetValueOrDefault(partition) == member)
            {
                _commits[partition] = (Math.Max(before, next), Math.Max(tried, next));
            }

            Commits++;
        }
    }

    /// <summary>In the end every record was handled.</summary>
    public void Finish(CommitLog log)
    {
        lock (_gate)
        {
            foreach (OwnedPartition partition in log.Topics.SelectMany(topic => topic.Partitions))
            {
                for (long offset = 0; offset < partition.EndOffset; offset++)
                {
                    ThrowIf(
                        !_handled.Contains((partition.TopicPartition, offset)),
                        $"{partition.TopicPartition}@{offset} was handled by nobody");
                }
            }
        }
    }

    /// <summary>The last lines.</summary>
    public override string ToString()
    {
        lock (_gate)
        {
            return string.Join('\n', _lines);
        }
    }

    private void Forget(HistoryMember member, TopicPartition partition, bool wasUntold)
    {
        member.Next.Remove(partition);
        if (!wasUntold && _owners.GetValueOrDefault(partition) == member)
        {
            _owners.Remove(partition);
        }
    }

    private void Note(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept)
        {
            _lines.Dequeue();
        }
    }

    private static void ThrowIf(bool violated, string what)
    {
        if (violated)
        {
            throw new LoadViolationException(what);
        }
    }
}
