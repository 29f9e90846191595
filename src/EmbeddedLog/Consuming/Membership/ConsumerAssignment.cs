using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions.Reading;

namespace EmbeddedLog.Consuming.Membership;

/// <summary>
/// What a consumer has of its group's partitions: takes what is assigned, lets go of what is revoked, and tells the
/// user. Its reader does that, between two records; another member that needs the assignment only takes.
/// </summary>
internal sealed class ConsumerAssignment
{
    private readonly GroupMembership _membership;
    private readonly PositionSet _positions;
    private readonly OffsetStore? _offsets;
    private readonly StartPolicy _start;
    private readonly AssignmentCallbacks _callbacks;
    private readonly AssignmentOrder _order;

    /// <summary>Over taking and letting go, so that each partition has one cursor. Taken before the gate.</summary>
    private readonly Lock _changing = new();

    /// <summary>Whether what was assigned has been taken once. Set under that lock; read by anyone.</summary>
    private bool _hasTaken;

    /// <summary>What was assigned and the user was not told of. Under that lock.</summary>
    private List<TopicPartition> _untold = [];

    /// <summary>The topics that were deleted and of which the user was told. Only for the reader.</summary>
    private readonly HashSet<string> _toldMissing = new(StringComparer.Ordinal);

    /// <summary>What was let go of or lost last, by partition, for those who commit there. Under the gate.</summary>
    private readonly Dictionary<TopicPartition, PartitionHold> _former = [];

    /// <param name="membership">The consumer's place in its group.</param>
    /// <param name="positions">Where it is in what it has.</param>
    /// <param name="offsets">What groups have committed; null without a group.</param>
    /// <param name="start">Where it begins where nothing is committed.</param>
    /// <param name="commitsByInterval">Whether what is finished is committed before a partition is given up.</param>
    /// <param name="callbacks">Who is told.</param>
    public ConsumerAssignment(
        GroupMembership membership,
        PositionSet positions,
        OffsetStore? offsets,
        StartPolicy start,
        bool commitsByInterval,
        AssignmentCallbacks callbacks)
    {
        _membership = membership;
        _positions = positions;
        _offsets = offsets;
        _start = start;
        CommitsBeforeRelease = commitsByInterval;
        _callbacks = callbacks;
        _order = new AssignmentOrder(membership.Subscription);
        if (membership.HasJoined)
        {
            Take();
        }
    }

    /// <summary>Commits for the consumer; null without a group. Set once, before the first read.</summary>
    public OffsetCommitter? Committer { get; set; }

    /// <summary>
    /// Whether what is finished is committed before a partition is given up. Written by the reader.
    /// </summary>
    public bool CommitsBeforeRelease { get; set; }

    /// <summary>What the reader has in hand beside its own; null for nothing. Written by the reader.</summary>
    public IRecordsInHand? InHand { get; set; }

    /// <summary>Whether the reader must look before it hands out the next record.</summary>
    public bool IsPending => _membership.IsPending;

    /// <summary>
    /// Joins, for a member that is about positions, and takes what is assigned. One that was put out joins again only
    /// with the next read, which tells what was lost.
    /// </summary>
    public void Join()
    {
        // Also if another thread has just joined and not taken yet: this one waits for it, or takes by itself.
        if (!Volatile.Read(ref _hasTaken))
        {
            _membership.Join();
            Take();
        }
    }

    /// <summary>Where all partitions of the subscription end now, whoever has them.</summary>
    public ReadEnds Ends() =>
        new(
            _membership.Subscribed().Concat(_positions.Cursors.ToArray().Select(cursor => cursor.Log)),
            _positions.Level);

    /// <summary>
    /// Looks what has changed: what was lost is told; what is revoked is told, committed and let go of; what is
    /// assigned is taken and told. What a callback throws is thrown when all is done. Only for the reader.
    /// </summary>
    /// <param name="forget">Forgets what was read of a partition. Called under the gate.</param>
    /// <param name="cancellationToken">That of the read, for the callbacks.</param>
    public async ValueTask LookAsync(Action<PartitionCursor> forget, CancellationToken cancellationToken)
    {
        // What changes from here on is seen by the next look.
        _membership.BeginLook();
        _membership.Join();
        IReadOnlyList<PartitionHold> lost = _membership.TakeLost();
        InHand?.Lose(lost);
        Exception? failure = await TellAsync(_callbacks.Lost, Drop(lost, forget), cancellationToken)
            .ConfigureAwait(false);
        IReadOnlyList<PartitionHold> revoked = _membership.FindRevoked();
        failure = First(failure, FindDeleted(revoked));
        if (revoked.Count > 0)
        {
            if (InHand is { } inHand)
            {
                await inHand.DrainAsync(revoked).ConfigureAwait(false);
            }

            failure = First(
                failure, await TellAsync(_callbacks.Revoked, Told(revoked), cancellationToken).ConfigureAwait(false));
            failure = First(failure, CommitFinished());

            // Dropped first: nothing is handed out of what another member may have from the next line on.
            Drop(revoked, forget);
            _membership.Release(revoked);
        }

        failure = First(
            failure,
            await TellAsync(_callbacks.Assigned, TakeAndListUntold(), cancellationToken).ConfigureAwait(false));
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>
    /// Tells the user of a consumer that is being disposed that all is revoked, but for what was taken away.
    /// </summary>
    public async ValueTask TellEndAsync(WaitMode how)
    {
        PartitionHold[] all = [.. _positions.Cursors.ToArray().Select(cursor => cursor.Hold)];
        await TellEndAsync(_callbacks.Lost, Told(all.Where(hold => hold.IsOver)), how).ConfigureAwait(false);
        await TellEndAsync(_callbacks.Revoked, Told(all.Where(hold => !hold.IsOver)), how).ConfigureAwait(false);
    }

    /// <summary>Leaves the group.</summary>
    public void Leave() => _membership.Dispose();

    /// <summary>The cursor of a partition; joins before, if that was not done.</summary>
    /// <exception cref="ArgumentException">The subscription has not its topic.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The partition is not assigned, or does not exist.</exception>
    public PartitionCursor Get(TopicPartition partition)
    {
        Join();
        return _positions.Assigned.Find(partition) ?? throw Unassigned(partition);
    }

    /// <summary>The same for a commit, which tells of what was lost.</summary>
    /// <exception cref="PartitionLostException">The consumer had the partition, and has it no more.</exception>
    public PartitionCursor GetForCommit(TopicPartition partition)
    {
        Join();
        if (_positions.Assigned.Find(partition) is { } cursor)
        {
            return cursor;
        }

        PartitionHold? former;
        lock (_positions.Gate)
        {
            _former.TryGetValue(partition, out former);
        }

        throw former is null ? Unassigned(partition) : LostError(former);
    }

    /// <summary>Whether the consumer had a partition that it has no more.</summary>
    public bool HadOnce(TopicPartition partition)
    {
        lock (_positions.Gate)
        {
            return _former.ContainsKey(partition);
        }
    }

    /// <summary>The exception for a commit under an assignment that is over.</summary>
    public Exception LostError(PartitionHold hold) =>
        _membership.HasLeft ? ConsumerErrors.Disposed() : _membership.LostError(hold);

    private ArgumentException Unassigned(TopicPartition partition)
    {
        TopicPartition[] assigned = [.. _positions.Cursors.ToArray().Select(cursor => cursor.Log.Id)];
        ReadablePartition[] subscribed = [.. _membership.Subscribed()];
        if (Array.Find(subscribed, each => each.Id == partition) is { } other)
        {
            return ConsumerErrors.OfAnother(partition, _membership.Group, _membership.FindOwner(other)?.ToString());
        }

        IEnumerable<TopicPartition> known = assigned.Concat(subscribed.Select(each => each.Id));
        int[] numbers =
            [.. known.Where(each => each.Topic == partition.Topic).Select(each => each.Partition).Distinct()];
        return numbers.Length > 0
            ? ConsumerErrors.NotAssigned(partition, numbers)
            : ConsumerErrors.WrongTopic(
                _membership.Subscription.IsPattern
                    ? [.. known.Select(each => each.Topic).Distinct()]
                    : _membership.Subscription.TopicNames,
                partition.Topic);
    }

    /// <summary>
    /// Whether the user is to be told of a topic that was deleted: before the consumer has joined, or so that another
    /// one has its name now. What else is deleted is told when it is read.
    /// </summary>
    private Exception? FindDeleted(IReadOnlyList<PartitionHold> revoked)
    {
        if (_membership.Subscription.IsPattern)
        {
            return null;
        }

        if (revoked.FirstOrDefault(hold => hold.Partition.IsClosed) is { } replaced)
        {
            return replaced.Partition.ClosedError();
        }

        HashSet<string> found = [.. _membership.Subscribed().Select(partition => partition.Id.Topic)];
        foreach (PartitionCursor cursor in _positions.Cursors)
        {
            found.Add(cursor.Log.Id.Topic);
        }

        _toldMissing.IntersectWith(_membership.Subscription.TopicNames.Where(name => !found.Contains(name)));
        return _membership.Subscription.TopicNames.FirstOrDefault(
            name => !found.Contains(name) && _toldMissing.Add(name)) is { } missing
                ? OffsetErrors.Deleted(missing)
                : null;
    }

    private static Exception? First(Exception? one, Exception? next) => one ?? next;

    private void Take()
    {
        lock (_changing)
        {
            IReadOnlyList<PartitionHold> acquired = _membership.Acquire();
            if (acquired.Count == 0)
            {
                Volatile.Write(ref _hasTaken, true);
                return;
            }

            // The committed offsets are read after the assignment: the last owner's commits are all there.
            PartitionCursor[] added = [.. acquired.Select(CreateCursor)];
            lock (_positions.Gate)
            {
                foreach (PartitionCursor cursor in added)
                {
                    _former.Remove(cursor.Log.Id);
                }

                HashSet<TopicPartition> ids = [.. added.Select(cursor => cursor.Log.Id)];
                _positions.AssignUnsynchronized(_order.Sort(
                    [.. _positions.Cursors.ToArray().Where(cursor => !ids.Contains(cursor.Log.Id)), .. added]));
            }

            _untold.AddRange(added.Select(cursor => cursor.Log.Id));
            Volatile.Write(ref _hasTaken, true);
        }
    }

    private PartitionCursor CreateCursor(PartitionHold hold)
    {
        // Counted first: what is taken back from here on, the cursor finds by itself.
        int truncations = hold.Partition.Truncations;
        uint? uncheckedEpoch = null;
        long? committed = _offsets?.Find(_membership.Group!, hold.Partition, out uncheckedEpoch)?.Offset;
        return new PartitionCursor(hold, _start, committed, truncations, uncheckedEpoch);
    }

    private List<TopicPartition> TakeAndListUntold()
    {
        Take();
        lock (_changing)
        {
            List<TopicPartition> untold = _untold;
            _untold = [];
            return untold;
        }
    }

    /// <summary>
    /// Gives up the positions of partitions; returns those that the user takes for its own: of the others it was not
    /// told yet, or told already that they are gone.
    /// </summary>
    private List<TopicPartition> Drop(IReadOnlyList<PartitionHold> holds, Action<PartitionCursor> forget)
    {
        List<TopicPartition> told = [];
        if (holds.Count == 0)
        {
            return told;
        }

        HashSet<PartitionHold> dropped = [.. holds];
        lock (_changing)
        {
            lock (_positions.Gate)
            {
                List<PartitionCursor> left = [];
                foreach (PartitionCursor cursor in _positions.Cursors)
                {
                    if (dropped.Contains(cursor.Hold))
                    {
                        forget(cursor);
                        _former[cursor.Log.Id] = cursor.Hold;
                        if (!_untold.Remove(cursor.Log.Id))
                        {
                            told.Add(cursor.Log.Id);
                        }
                    }
                    else
                    {
                        left.Add(cursor);
                    }
                }

                _positions.AssignUnsynchronized(_order.Sort(left));
            }
        }

        return told;
    }

    /// <summary>The partitions that the user was told are its own.</summary>
    private List<TopicPartition> Told(IEnumerable<PartitionHold> holds)
    {
        lock (_changing)
        {
            return [.. holds.Select(hold => hold.Partition.Id).Where(id => !_untold.Contains(id))];
        }
    }

    /// <summary>What was finished is committed for the next owner, where commits are made by interval.</summary>
    private EmbeddedLogException? CommitFinished()
    {
        try
        {
            if (CommitsBeforeRelease)
            {
                Committer!.CommitBeforeRelease();
            }

            return null;
        }
        catch (EmbeddedLogException failure)
        {
            // The next owner handles those records once more; the reader is told why.
            return failure;
        }
    }

    private static ValueTask TellEndAsync(
        Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? callback,
        List<TopicPartition> partitions,
        WaitMode how) => callback is null || partitions.Count == 0
            ? ValueTask.CompletedTask
            : how.For(callback(partitions, CancellationToken.None).AsTask());

    private static async ValueTask<Exception?> TellAsync(
        Func<IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? callback,
        List<TopicPartition> partitions,
        CancellationToken cancellationToken)
    {
        if (callback is null || partitions.Count == 0)
        {
            return null;
        }

        try
        {
            await callback(partitions, cancellationToken).ConfigureAwait(false);
            return null;
        }
#pragma warning disable CA1031 // The user's own: the read throws it, and the group goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return failure;
        }
    }
}
