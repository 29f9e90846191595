using EmbeddedLog.Coordination.Offsets;

namespace EmbeddedLog.Testing.Model;

/// <summary>
/// Commits offsets for a few groups and checks them after each opening: a beginning of the history must count, with all
/// acknowledged commits. The reader of each offset must have seen all records below it, and no offset may be lower than
/// necessary.
/// </summary>
internal sealed class GroupsDriver
{
    /// <summary>How many groups there are.</summary>
    private const int Groups = 2;

    private readonly ModelLog _owner;
    private readonly ModelStatistics _statistics;

    /// <summary>
    /// The commits and removals, in order, since the last point at which all were known to be durable.
    /// </summary>
    private readonly List<ModelCommit> _history = [];

    /// <summary>How much of the history was acknowledged as written.</summary>
    private int _written;

    /// <summary>How much of the history was acknowledged as flushed.</summary>
    private int _flushed;

    private OffsetStore? _store;

    public GroupsDriver(ModelLog owner, ModelStatistics statistics)
    {
        _owner = owner;
        _statistics = statistics;
    }

    /// <summary>Whether a flush of the commits has failed.</summary>
    public bool HasFailed => _store?.Log.Failure is not null;

    /// <summary>Takes a log that was opened.</summary>
    public void Attach(OffsetStore store) => _store = store;

    /// <summary>The log is gone.</summary>
    public void Detach() => _store = null;

    /// <summary>
    /// Commits an offset in one partition, or with an odd amount one in each. The choice gives the group, and whether
    /// to wait for the flush.
    /// </summary>
    public void Commit(in ModelStep step, PartitionDriver partition, IReadOnlyList<PartitionDriver> all)
    {
        int group = step.Choice % Groups;
        int amount = step.Amount;
        string? metadata = step.Choice % 5 == 0 ? $"m{step.Amount}" : null;
        ModelCommit[] commits = amount % 2 == 0
            ? [NewCommit(group, partition, amount, metadata)]
            : [.. all.Select(each => NewCommit(group, each, amount, metadata))];
        if (step.Choice % 11 == 0)
        {
            // Commits make small segments only, and a compaction needs more than one.
            _owner.Try(() => _store!.Log.Writer.Roll(_store.Log.Settings, _owner.Now), () => HasFailed);
        }

        bool done = _owner.Try(() => Commit($"group-{group}", commits), () => HasFailed);
        Note(commits, done);
        if (step.Choice % 4 == 0)
        {
            Flush();
        }
    }

    /// <summary>A topic is being deleted: if it exists after a crash, its commits may be gone.</summary>
    public void Forget(IReadOnlyList<PartitionDriver> partitions)
    {
        foreach (PartitionDriver partition in partitions)
        {
            for (int group = 0; group < Groups; group++)
            {
                _history.Add(new ModelCommit(group, partition, null, null));
            }
        }
    }

    /// <summary>Checks the committed offsets after an opening, and goes on from them.</summary>
    /// <param name="partitions">All partitions.</param>
    /// <param name="clean">Whether the log had been closed.</param>
    /// <param name="writtenSurvives">Whether everything acknowledged as written must be there.</param>
    public void CompareAfterOpening(IReadOnlyList<PartitionDriver> partitions, bool clean, bool writtenSurvives)
    {
        DropOthers(partitions);
        int most = _history.Count;
        int least = Math.Min(most, clean ? most : writtenSurvives ? _written : _flushed);
        string? fault = null;
        for (int count = most; count >= least; count--)
        {
            fault = FindFault(partitions, count);
            if (fault is null)
            {
                break;
            }
        }

        if (fault is not null)
        {
            throw new ModelViolationException(
                $"Of {most} commits at least {least} must count, but with {least}: {fault}.");
        }

        TakeOver(partitions);
    }

    private static ModelCommit NewCommit(int group, PartitionDriver partition, int amount, string? metadata) =>
        new(group, partition, partition.SeenBelow(amount), metadata);

    private void Commit(string group, ModelCommit[] commits)
    {
        if (commits is [var single])
        {
            _store!.Commit(group, ToPublic(single));
        }
        else
        {
            _store!.Commit(group, [.. commits.Select(ToPublic)]);
        }

        _statistics.Commits += commits.Length;
    }

    private static PartitionCommit ToPublic(ModelCommit commit) =>
        new(commit.Partition.Log, commit.Seen!.Length, commit.Metadata);

    /// <summary>A commit under way when the machine stops may count or not; a refused one must not.</summary>
    private void Note(ModelCommit[] commits, bool done)
    {
        if (done || _owner.HasStopped)
        {
            _history.AddRange(commits);
            _written = done && !_owner.HasStopped ? _history.Count : _written;
        }
    }

    private void Flush()
    {
        int count = _history.Count;
        long end = _store!.Log.PublishedEnd;
        bool done = _owner.Try(
            () => _owner.Machine.Run(() => _store.FlushAsync(end, CancellationToken.None).AsTask()), () => HasFailed);
        if (done && !_owner.HasStopped)
        {
            _flushed = Math.Max(_flushed, count);
        }
    }

    private string? FindFault(IReadOnlyList<PartitionDriver> partitions, int count)
    {
        int found = 0;
        foreach (PartitionDriver partition in partitions)
        {
            for (int group = 0; group < Groups; group++)
            {
                OffsetValue? effective = _store!.Effective($"group-{group}", partition.Log);
                ModelCommit? last = count == 0 ? null : _history[..count].FindLast(
                    commit => commit.Group == group && commit.Partition == partition);
                found += effective is null ? 0 : 1;
                if (FindFault(partition, last, effective) is { } fault)
                {
                    return $"group {group} at {partition}: {fault}";
                }
            }
        }

        return found == _store!.Count ? null : $"{_store.Count} offsets are committed instead of {found}";
    }

    private static string? FindFault(PartitionDriver partition, ModelCommit? last, OffsetValue? effective)
    {
        if (last?.Seen is not { } seen || effective is not { } found)
        {
            return last?.Seen is null == effective is null
                ? null
                : $"{effective?.ToString() ?? "nothing"} is committed instead of "
                    + (last?.Seen is null ? "nothing" : $"{last.Seen.Length}");
        }

        long offset = found.Offset;
        long same = partition.CountSame(seen);
        string? metadata = offset == seen.Length ? last.Metadata : null;
        if (offset > partition.Log.DurableEnd)
        {
            return $"{offset} is committed, but only {partition.Log.DurableEnd} records are durable";
        }

        // If retention has removed the lost records and all around them, the loss cannot be seen any more.
        if (offset > same && offset <= partition.Log.StartOffset)
        {
            return null;
        }

        return offset != same
            ? $"{offset} is committed, where {seen.Length} was, of which {same} records are the same"
            : found.Metadata != metadata ? $"its metadata is {found.Metadata} instead of {metadata}" : null;
    }

    /// <summary>Drops the commits in partitions that are gone.</summary>
    private void DropOthers(IReadOnlyList<PartitionDriver> partitions)
    {
        _written = _history.Take(_written).Count(IsThere);
        _flushed = _history.Take(_flushed).Count(IsThere);
        _history.RemoveAll(commit => !IsThere(commit));

        bool IsThere(ModelCommit commit) => partitions.Contains(commit.Partition);
    }

    /// <summary>The commits after an opening are durable and complete.</summary>
    private void TakeOver(IReadOnlyList<PartitionDriver> partitions)
    {
        _history.Clear();
        foreach (PartitionDriver partition in partitions)
        {
            for (int group = 0; group < Groups; group++)
            {
                if (_store!.Effective($"group-{group}", partition.Log) is { } effective)
                {
                    long[] seen = partition.SeenBelowOffset(effective.Offset);
                    _history.Add(new ModelCommit(group, partition, seen, effective.Metadata));
                }
            }
        }

        _written = _flushed = _history.Count;
    }
}
