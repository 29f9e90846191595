using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Model;

namespace EmbeddedLog.Testing.Faults;

/// <summary>The commits of a group in one partition while calls fail.</summary>
internal sealed class FaultedCommits(FaultedCalls calls)
{
    private const string Group = "group";

    /// <summary>The offsets that were committed, in this order.</summary>
    private readonly List<long> _committed = [];

    /// <summary>How many of them were acknowledged as flushed.</summary>
    private int _flushed;

    /// <summary>Commits the end of a partition, and sometimes waits until that is flushed.</summary>
    public async Task CommitAsync(OffsetStore store, PartitionLog partition, bool flush)
    {
        long offset = partition.PublishedEnd;
        if (calls.Try(() => store.Commit(Group, new PartitionCommit(partition, offset))))
        {
            _committed.Add(offset);
        }

        int count = _committed.Count;
        long end = store.Log.PublishedEnd;
        if (flush && await calls.TryAsync(() => store.FlushAsync(end, CancellationToken.None)).ConfigureAwait(false))
        {
            _flushed = count;
        }
    }

    /// <summary>Checks the committed offset after an opening: the last acknowledged one, or a later one.</summary>
    public void Check(OffsetStore store, PartitionLog partition, bool lostPower)
    {
        long? found = store.Effective(Group, partition)?.Offset;
        int least = lostPower ? _flushed : _committed.Count;
        bool mayBeNone = least == 0;
        bool isOne = found is { } offset && _committed.Skip(Math.Max(least - 1, 0))
            .Any(committed => Math.Min(committed, partition.PublishedEnd) == offset);
        if (found is null ? !mayBeNone : !isOne)
        {
            throw new ModelViolationException(
                $"{found?.ToString() ?? "nothing"} is committed in {partition.Id}, where "
                + $"{string.Join(", ", _committed)} was and the last {least} count.");
        }

        if (found > partition.DurableEnd)
        {
            throw new ModelViolationException($"{found} is committed, beyond the durable end {partition.DurableEnd}.");
        }
    }
}
