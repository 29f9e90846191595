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
    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly HashSet<(TopicPartition, long)> _handled = [];
    private CommitLog _log;
    private int _topics;

    /// <param name="seed">The machine's.</param>
    /// <param name="mixed">Whether members read different topics.</param>
    /// <param name="commitEvery">After how many records a member commits.</param>
    public GroupModel(int seed, bool mixed, int commitEvery)
    {
        _mixed = mixed;
        _commitEvery = commitEvery;
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
            case GroupStep.Kill:
                Kill();
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
            for (long offset = 0; offset < end; offset++)
            {
                Assert.Contains((partition, offset), _handled);
            }

            Assert.Equal(
                _committed.GetValueOrDefault(partition),
                _log.Offsets.Effective("group", _log.GetTopic(partition.Topic)[partition.Partition].Log)?.Offset ?? 0);
        }

        Machine.Scheduler.RunUntilIdle();
        Assert.Equal(epoch, _log.Groups.Describe("group")!.Epoch);
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
        member.Next[record.TopicPartition] = record.Offset + 1;
        await member.WorkAsync();
        _handled.Add((record.TopicPartition, record.Offset));
        if (record.Offset % _commitEvery != 0)
        {
            return;
        }

        long before = Effective(record.TopicPartition);
        bool owns = Owners.GetValueOrDefault(record.TopicPartition) == member;
        try
        {
            await member.Consumer.CommitAsync(record);
            Assert.True(owns, $"A commit in {record.TopicPartition} counts, of a member that does not have it.");
            _committed[record.TopicPartition] = record.Offset + 1;
        }
        catch (PartitionLostException lost)
        {
            Assert.True(member.WasStuck, lost.Message);
            Assert.Equal(before, Effective(record.TopicPartition));
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
        $"topic-{_topics++}", new TopicOptions { Partitions = partitions }));

    private void Join(int number)
    {
        GroupModelMember member = new(this, _log, _mixed ? number % 4 : 0, s_pollLimit);
        _members.Add(member);
        member.Begin();
    }

    private void Kill()
    {
        _members.Clear();
        Owners.Clear();
        _machines.Add(Machine.Crash(CrashKind.ProcessKill));
        _log = Machine.Run(OpenLog.OnAsync(Machine));
    }
}
