using System.Text.RegularExpressions;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>A member of the group: a loop that handles what it gets.</summary>
internal sealed class GroupModelMember
{
    private readonly GroupModel _model;
    private readonly Regex _topics;
    private TaskCompletionSource? _stuck;
    private Task _loop = Task.CompletedTask;

    /// <param name="model">The group.</param>
    /// <param name="log">The log.</param>
    /// <param name="kind">What it reads: all topics, or only some.</param>
    /// <param name="pollLimit">How long its handler may take.</param>
    public GroupModelMember(GroupModel model, CommitLog log, int kind, TimeSpan pollLimit)
    {
        _model = model;
        _topics = new Regex(kind switch { 1 => "topic-[0-1]", 2 => "topic-[1-3]", _ => "topic" });
        Consumer = log.CreateConsumer<string, string>(Subscription.Matching(_topics), "group", new ConsumerOptions
        {
            MaxPollInterval = pollLimit,
            OnAssigned = (_, partitions, _) =>
            {
                _model.Assign(this, partitions);
                return ValueTask.CompletedTask;
            },
            OnRevoked = (_, partitions, _) =>
            {
                _model.Revoke(this, partitions);
                return ValueTask.CompletedTask;
            },
            OnLost = (_, partitions, _) =>
            {
                Assert.True(WasStuck);
                _model.Revoke(this, partitions);
                return ValueTask.CompletedTask;
            },
        });
    }

    public Consumer<string, string> Consumer { get; }

    /// <summary>The offset that comes next of each partition that it has.</summary>
    public Dictionary<TopicPartition, long> Next { get; } = [];

    /// <summary>What it has paused.</summary>
    public HashSet<TopicPartition> Paused { get; } = [];

    /// <summary>Whether it has been stuck, so that it may have been put out.</summary>
    public bool WasStuck { get; private set; }

    public bool Reads(string topic) => _topics.IsMatch(topic);

    public void Begin() => _loop = LoopAsync();

    public void Stick()
    {
        WasStuck = true;
        _stuck ??= new TaskCompletionSource();
    }

    public void GoOn()
    {
        TaskCompletionSource? stuck = _stuck;
        _stuck = null;
        stuck?.SetResult();
    }

    public void Pause(TopicPartition partition)
    {
        try
        {
            Consumer.Pause(partition);
            Paused.Add(partition);
        }
        catch (ArgumentException)
        {
            // It was put out, and is told when it reads again.
            Assert.True(WasStuck);
        }
    }

    public void ResumeAll()
    {
        foreach (TopicPartition partition in Paused)
        {
            try
            {
                Consumer.Resume(partition);
            }
            catch (ArgumentException)
            {
                Assert.True(WasStuck);
            }
        }

        Paused.Clear();
    }

    /// <summary>Goes back by some records, or to the beginning.</summary>
    public void SeekBack(TopicPartition partition, int records)
    {
        long to = Math.Max(0, Next[partition] - records);
        try
        {
            Consumer.Seek(new TopicPartitionOffset(partition.Topic, partition.Partition, to));
            Next[partition] = to;
        }
        catch (ArgumentException)
        {
            Assert.True(WasStuck);
        }
    }

    /// <summary>The handler: other members may go on in the middle of it, and it may be stuck.</summary>
    public async Task WorkAsync()
    {
        TaskCompletionSource turn = new();
        _model.Machine.Scheduler.Queue(new Turn(turn));
        await turn.Task;
        if (_stuck is { } stuck)
        {
            await stuck.Task;
        }
    }

    public async Task LeaveAsync()
    {
        GoOn();
        await Consumer.DisposeAsync();
        await _loop;
    }

    public void ThrowIfFailed()
    {
        if (_loop.IsFaulted)
        {
            _loop.GetAwaiter().GetResult();
        }
    }

    private async Task LoopAsync()
    {
        try
        {
            await foreach (Record<string, string> record in Consumer.ReadAllAsync())
            {
                await _model.HandleAsync(this, record);
            }
        }
        catch (ObjectDisposedException)
        {
            // It has left, or the log was closed.
        }
    }

    private sealed class Turn(TaskCompletionSource turn) : IThreadPoolWorkItem
    {
        public void Execute() => turn.SetResult();
    }
}
