using System.Text.RegularExpressions;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// A group whose members come, go, get stuck and are killed, and what must hold meanwhile: one owner for each
/// partition, which begins where the group has committed and reads on in order; and no commit of another one.
/// </summary>
internal sealed class GroupModel : IDisposable
{
    private static readonly TimeSpan s_pollLimit = TimeSpan.FromMinutes(5);

    private readonly List<SimulatedPlatform> _machines = [];
    private readonly List<GroupModelMember> _members = [];
    private readonly bool _mixed;
    private readonly int _commitEvery;
    private readonly bool _commitsFirst;
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly HashSet<(TopicPartition, long)> _handled = [];

    /// <summary>The highest commits: one that is older than the last may be what is left of them.</summary>
    private readonly Dictionary<TopicPartition, long> _highest = [];

    /// <summary>Where the other group is.</summary>
    private readonly Dictionary<TopicPartition, long> _other = [];
    private CommitLog _log;
    private int _topics;

    /// <param name="seed">The machine's.</param>
    /// <param name="mixed">Whether members read different topics.</param>
    /// <param name="commitEvery">After how many records a member commits.</param>
    /// <param name="commitsFirst">Whether a member commits a record before it handles it.</param>
    public GroupModel(int seed, bool mixed, int commitEvery, bool commitsFirst)
    {
        _mixed = mixed;
        _commitEvery = commitEvery;
        _commitsFirst = commitsFirst;
        _machines.Add(new SimulatedPlatform(seed));
        _log = Machine.Run(OpenLog.OnAsync(Machine));
        AddTopic(4);
        AddTopic(2);
    }

    /// <summary>Who owns each partition, as the members were told.</summary>
    public Dictionary<TopicPartition, GroupModelMember> Owners { get; } = [];

    public SimulatedPlatform Machine => _machines[^1];

    /// <summary>Does one step, and lets the members do what they can.</summary>
    public void Do(GroupStep step, int number)
    {
        GroupModelMember? member = _members.Count == 0 ? null : _members[number % _members.Count];
        switch (step)
        {
            case GroupStep.Append:
                foreach (Topic topic in _log.Topics)
                {
                    topic[number % topic.Partitions.Count].Append(new RawRecord("value"u8));
                }

                break;
            case GroupStep.Join when _members.Count < 6:
                Join(number);
                break;
            case GroupStep.Leave when member is not null:
                _members.Remove(member);
                Machine.Run(member.LeaveAsync);
                break;
            case GroupStep.Stick when member is not null:
                member.Stick();
                break;
            case GroupStep.GoOn when member is not null:
                member.GoOn();
                break;
            case GroupStep.Wait:
                Machine.Time.Advance(number % 2 == 0 ? TimeSpan.FromSeconds(1) : s_pollLimit);
                break;
            case GroupStep.AddTopic when _topics < 4:
                AddTopic(1 + (number % 3));
                break;
            case GroupStep.AddPartitions when _log.Topics[number % _log.Topics.Count] is { PartitionCount: < 8 } topic:
                Machine.Run(_log.AddPartitionsAsync(topic.Name, topic.PartitionCount + 1));
                break;
            case GroupStep.Pause when member?.Next.Count > 0:
                member.Pause(member.Next.Keys.ElementAt(number % member.Next.Count));
                break;
            case GroupStep.Resume when member is not null:
                member.ResumeAll();
                break;
            case GroupStep.SeekBack when member?.Next.Count > 0:
                member.SeekBack(member.Next.Keys.ElementAt(number % member.Next.Count), number);
                break;
            case GroupStep.OtherGroup:
                Machine.Run(() => ReadAsOtherGroupAsync(1 + number));
                break;
            case GroupStep.Kill:
                Crash(CrashKind.ProcessKill);
                break;
            case GroupStep.PowerLoss:
                Crash(CrashKind.PowerLoss);
                break;
        }

        if (number % 3 > 0)
        {
            Machine.Scheduler.RunUntilIdle();
        }

        _members.ForEach(each => each.ThrowIfFailed());
    }

    /// <summary>In the end everybody goes on: all is shared out, and every record was handled.</summary>
    public void Finish()
    {
        if (_members.Count == 0)
        {
            Join(0);
        }

        // A stuck member that was put out joins again, and those behind it follow.
        for (int i = 0; i < 3; i++)
        {
            _members.ForEach(member => member.GoOn());
            _members.ForEach(member => member.ResumeAll());
            Machine.Scheduler.RunUntilIdle();
        }

        _members.ForEach(member => member.ThrowIfFailed());
        GroupView group = _log.Groups.Describe("group")!;
        Assert.False(group.IsMoving);
        int epoch = group.Epoch;
        TopicPartition[] read = [.. Read()];
        Assert.Equal(read.ToHashSet(), [.. group.Members.SelectMany(member => member.Assignment)]);
        if (!_mixed)
        {
            int[] loads = [.. group.Members.Select(member => member.Assignment.Count)];
            Assert.InRange(loads.Max() - loads.Min(), 0, 1);
        }

        foreach (TopicPartition partition in read)
        {
            long end = _log.GetTopic(partition.Topic)[partition.Partition].EndOffset;
            for (long offset = 0; offset < end && !_commitsFirst; offset++)
            {
                Assert.Contains((partition, offset), _handled);
            }

            Assert.Equal(
                _committed.GetValueOrDefault(partition),
                _log.Offsets.Effective("group", _log.GetTopic(partition.Topic)[partition.Partition].Log)?.Offset ?? 0);
        }

        Machine.Scheduler.RunUntilIdle();
        Assert.Equal(epoch, _log.Groups.Describe("group")!.Epoch);
        Machine.Run(() => ReadAsOtherGroupAsync(int.MaxValue));
        Assert.All(
            _log.Topics.SelectMany(topic => topic.Partitions),
            partition => Assert.Equal(partition.EndOffset, _other.GetValueOrDefault(partition.TopicPartition)));
    }

    /// <summary>A member was given partitions: each was free, or taken from somebody who was stuck.</summary>
    public void Assign(GroupModelMember member, IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            Assert.True(
                !Owners.TryGetValue(partition, out GroupModelMember? owner) || owner.WasStuck,
                $"{partition} has an owner, who reads.");
            Owners[partition] = member;
            member.Next[partition] = _committed.GetValueOrDefault(partition);
        }
    }

    /// <summary>A member has given partitions up, or lost them.</summary>
    public void Revoke(GroupModelMember member, IReadOnlyList<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            member.Next.Remove(partition);
            member.Paused.Remove(partition);
            if (Owners.TryGetValue(partition, out GroupModelMember? owner) && owner == member)
            {
                Owners.Remove(partition);
            }
        }
    }

    /// <summary>A member handles a record and perhaps commits it.</summary>
    public async Task HandleAsync(GroupModelMember member, Record<string, string> record)
    {
        Assert.Equal(member.Next[record.TopicPartition], record.Offset);
        Assert.DoesNotContain(record.TopicPartition, member.Paused);
        member.Next[record.TopicPartition] = record.Offset + 1;
        if (_commitsFirst && await TryCommitAsync(member, record))
        {
            Assert.True(_handled.Add((record.TopicPartition, record.Offset)), "It was handled before.");
        }

        await member.WorkAsync();
        if (_commitsFirst)
        {
            return;
        }

        _handled.Add((record.TopicPartition, record.Offset));
        if (record.Offset % _commitEvery == 0)
        {
            await TryCommitAsync(member, record);
        }
    }

    private async Task<bool> TryCommitAsync(GroupModelMember member, Record<string, string> record)
    {
        long before = Effective(record.TopicPartition);
        bool owns = Owners.GetValueOrDefault(record.TopicPartition) == member;
        try
        {
            await member.Consumer.CommitAsync(record);
            Assert.True(owns, $"A commit in {record.TopicPartition} counts, of a member that does not have it.");
            _committed[record.TopicPartition] = record.Offset + 1;
            _highest[record.TopicPartition] =
                Math.Max(_highest.GetValueOrDefault(record.TopicPartition), record.Offset + 1);
            return true;
        }
        catch (PartitionLostException lost)
        {
            Assert.True(member.WasStuck, lost.Message);
            Assert.Equal(before, Effective(record.TopicPartition));
            return false;
        }
    }

    public void Dispose()
    {
        Machine.Run(_log.DisposeAsync(), TimeSpan.FromDays(1));
        _machines.ForEach(machine => machine.Dispose());
    }

    private long Effective(TopicPartition partition) =>
        _log.Offsets.Effective("group", _log.GetTopic(partition.Topic)[partition.Partition].Log)?.Offset ?? 0;

    private IEnumerable<TopicPartition> Read() => _log.Topics
        .Where(topic => _members.Any(member => member.Reads(topic.Name)))
        .SelectMany(topic => topic.Partitions.Select(partition => partition.TopicPartition));

    private void AddTopic(int partitions) => Machine.Run(_log.CreateTopicAsync(
        $"topic-{_topics++}",
        new TopicOptions { Partitions = partitions, SegmentBytes = 64 << 10, MaxRecordBytes = 4_000 }));

    private void Join(int number)
    {
        GroupModelMember member = new(this, _log, _mixed ? number % 4 : 0, s_pollLimit);
        _members.Add(member);
        member.Begin();
    }

    /// <summary>
    /// Another group, of one member at a time: whatever the first one does, it reads on where it has committed.
    /// </summary>
    private async Task ReadAsOtherGroupAsync(int records)
    {
        await using Consumer<string, string> consumer = _log.CreateConsumer<string, string>(
            Subscription.Matching(new Regex("topic")), "other");
        await foreach (Record<string, string> record in consumer.ReadToEndAsync())
        {
            Assert.Equal(_other.GetValueOrDefault(record.TopicPartition), record.Offset);
            _other[record.TopicPartition] = record.Offset + 1;
            consumer.Finish(record);
            if (--records == 0)
            {
                break;
            }
        }

        await consumer.CommitFinishedAsync();
    }

    private void Crash(CrashKind kind)
    {
        _members.Clear();
        Owners.Clear();
        _machines.Add(Machine.Crash(kind));
        _log = Machine.Run(OpenLog.OnAsync(Machine));
        if (kind == CrashKind.PowerLoss)
        {
            TakeBack();
        }
    }

    /// <summary>Power was lost: what was only written may be gone, commits too, and never less than that.</summary>
    private void TakeBack()
    {
        foreach (OwnedPartition partition in _log.Topics.SelectMany(topic => topic.Partitions))
        {
            TopicPartition id = partition.TopicPartition;
            long end = partition.EndOffset;
            Assert.InRange(Effective(id), 0, Math.Min(end, _highest.GetValueOrDefault(id)));
            _committed[id] = Effective(id);
            _other[id] = _log.Offsets.Effective("other", partition.Log)?.Offset ?? 0;
            Assert.InRange(_other[id], 0, end);
            _handled.RemoveWhere(each => each.Item1 == id && each.Item2 >= end);
        }
    }
}
