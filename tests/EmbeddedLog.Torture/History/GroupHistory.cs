using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.History;

/// <summary>
/// What the members of a group did, and what must hold of it: an owner begins where the group has committed and reads
/// on in order, and of those who take themselves for the owner of a partition one alone can commit: the others were
/// late, which they are told later. Of the records: none of the anomalies that Jepsen's tests of Kafka name. No lost
/// write (an acknowledged record that is not there), no duplicate (a record at two offsets), none unseen in the end, no
/// skip and no step back in what a member polls, no offset with two records. All members are safe from any thread.
/// </summary>
/// <remarks>
/// Who was told last that a partition is its own need not be the owner: it may have been put out before it could tell.
/// </remarks>
internal sealed class GroupHistory
{
    private const int LinesKept = 60;

    private readonly Lock _gate = new();
    /// <summary>By partition: those who take it for theirs, and how often one came. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, (HashSet<HistoryMember> Members, int Version)> _claims = [];

    /// <summary>By partition: who could commit since the last claim. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, HistoryMember> _confirmed = [];

    /// <summary>The last commit that has succeeded, and the highest that was tried since. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, (long Done, long Tried)> _commits = [];

    /// <summary>By partition: how far was committed, each with the number of the commit. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, List<(long Commit, long Next)>> _done = [];

    /// <summary>The number in each record that was handled. Under the gate.</summary>
    private readonly Dictionary<(TopicPartition, long), long> _handled = [];

    /// <summary>Where each record was acknowledged, by its number. Under the gate.</summary>
    private readonly List<(TopicPartition Partition, long Offset)> _appended = [];
    private readonly Queue<string> _lines = [];

    public long Operations => Handled + Commits;

    public long Handled { get; private set; }

    public long Commits { get; private set; }

    public long Assigned { get; private set; }

    public long Lost { get; private set; }

    public long Refused { get; private set; }

    /// <summary>A member comes.</summary>
    public void Join(HistoryMember member)
    {
        lock (_gate)
        {
            member.LastHeard = Commits;
        }
    }

    /// <summary>A member was told that partitions are its own.</summary>
    public void Assign(HistoryMember member, IReadOnlyList<TopicPartition> partitions)
    {
        lock (_gate)
        {
            Note($"{member} has {string.Join(' ', partitions)}");
            foreach (TopicPartition partition in partitions)
            {
                (HashSet<HistoryMember> members, int version) = Claims(partition);
                ThrowIf(!members.Add(member), $"{member} gets {partition} twice");
                _claims[partition] = (members, version + 1);
                _confirmed.Remove(partition);
                member.Next[partition] = -1;

                // It began somewhere after the last that was heard of it: from then on no commit of before is missing.
                member.Floor[partition] = DoneBefore(partition, member.LastHeard);
                Assigned++;
            }

            member.LastHeard = Commits;
        }
    }

    /// <summary>A member gives partitions up.</summary>
    public void Revoke(HistoryMember member, IReadOnlyList<TopicPartition> partitions) =>
        Forget(member, partitions, "gives");

    /// <summary>A member was told that partitions were taken away.</summary>
    public void Lose(HistoryMember member, IReadOnlyList<TopicPartition> partitions)
    {
        Forget(member, partitions, "lost");
        lock (_gate)
        {
            Lost += partitions.Count;
        }
    }

    /// <summary>The next number was appended, and acknowledged.</summary>
    public void Append(TopicPartition partition, long offset)
    {
        lock (_gate)
        {
            _appended.Add((partition, offset));
        }
    }

    /// <summary>A member got a record.</summary>
    public void Handle(HistoryMember member, TopicPartition partition, long offset, long number)
    {
        lock (_gate)
        {
            ThrowIf(
                _handled.TryGetValue((partition, offset), out long other) && other != number,
                $"{partition}@{offset} is record {number} and record {other}");
            ThrowIf(
                !member.Next.TryGetValue(partition, out long next), $"{member} got {partition}@{offset}, not its own");
            if (next < 0)
            {
                long floor = member.Floor[partition];
                long tried = _commits.GetValueOrDefault(partition).Tried;
                ThrowIf(
                    offset < floor || offset > tried,
                    $"{member} begins {partition} at {offset}, where {floor} to {tried} was committed");
            }
            else
            {
                ThrowIf(offset != next, $"{member} got {partition}@{offset} after {next - 1}");
            }

            member.Next[partition] = offset + 1;
            member.LastHeard = Commits;
            _handled[(partition, offset)] = number;
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

    /// <summary>A commit is tried; returns the version of the claims, or -1 where the member has none.</summary>
    public int BeginCommit(HistoryMember member, TopicPartition partition, long next)
    {
        lock (_gate)
        {
            (HashSet<HistoryMember> members, int version) = Claims(partition);
            if (!members.Contains(member))
            {
                return -1;
            }

            (long done, long tried) = _commits.GetValueOrDefault(partition);
            _commits[partition] = (done, Math.Max(tried, next));
            return version;
        }
    }

    /// <summary>A commit has succeeded, or was refused because the partition was lost.</summary>
    public void EndCommit(HistoryMember member, TopicPartition partition, long next, int version, bool done)
    {
        lock (_gate)
        {
            if (!done)
            {
                Refused++;
                return;
            }

            ThrowIf(version < 0, $"a commit of {member} in {partition} counts, which it does not have");
            if (version == Claims(partition).Version)
            {
                HistoryMember confirmed = _confirmed.GetValueOrDefault(partition, member);
                ThrowIf(confirmed != member, $"a commit of {member} in {partition} counts after one of {confirmed}");
                _confirmed[partition] = member;
                (long before, long tried) = _commits.GetValueOrDefault(partition);
                _commits[partition] = (Math.Max(before, next), Math.Max(tried, next));
                DoneOf(partition).Add((Commits, Math.Max(before, next)));
            }

            Commits++;
            member.LastHeard = Commits;
        }
    }

    /// <summary>In the end every record was handled, and is where it was acknowledged, once.</summary>
    public void Finish(CommitLog log)
    {
        lock (_gate)
        {
            foreach (OwnedPartition partition in log.Topics.SelectMany(topic => topic.Partitions))
            {
                for (long offset = 0; offset < partition.EndOffset; offset++)
                {
                    ThrowIf(
                        !_handled.ContainsKey((partition.TopicPartition, offset)),
                        $"{partition.TopicPartition}@{offset} was handled by nobody");
                }
            }

            for (int number = 0; number < _appended.Count; number++)
            {
                ThrowIf(
                    !_handled.TryGetValue(_appended[number], out long found) || found != number,
                    $"record {number} is not at {_appended[number].Partition}@{_appended[number].Offset}");
            }

            // As many records as numbers, each number at its own offset: none is there twice.
            ThrowIf(_handled.Count != _appended.Count, $"{_handled.Count} records, of {_appended.Count} appended");
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

    private (HashSet<HistoryMember> Members, int Version) Claims(TopicPartition partition) =>
        _claims.TryGetValue(partition, out (HashSet<HistoryMember>, int) claims) ? claims : ([], 0);

    private List<(long Commit, long Next)> DoneOf(TopicPartition partition)
    {
        if (!_done.TryGetValue(partition, out List<(long, long)>? done))
        {
            _done.Add(partition, done = []);
        }

        return done;
    }

    private long DoneBefore(TopicPartition partition, long commit) =>
        DoneOf(partition).FindLast(each => each.Commit < commit).Next;

    private void Forget(HistoryMember member, IReadOnlyList<TopicPartition> partitions, string how)
    {
        lock (_gate)
        {
            Note($"{member} {how} {string.Join(' ', partitions)}");
            foreach (TopicPartition partition in partitions)
            {
                ThrowIf(
                    !Claims(partition).Members.Remove(member), $"{member} {how} {partition}, which it does not have");
                member.Next.Remove(partition);
            }

            member.LastHeard = Commits;
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
