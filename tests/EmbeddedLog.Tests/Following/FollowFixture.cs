using System.Buffers.Binary;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Following;

/// <summary>
/// An owner and a follower of one log, two processes on one simulated machine: the same disk, each with work of its
/// own, so that the owner can be killed while the follower lives on.
/// </summary>
internal sealed class FollowFixture : IDisposable
{
    public const string Topic = "topic";

    private readonly int _seed;

    /// <summary>
    /// The machines whose power is gone. Their memory is kept, for a process of theirs may still be known.
    /// </summary>
    private readonly List<SimulatedPlatform> _dead = [];

    private int _lives;

    public FollowFixture(int seed = 1, SimulationOptions? options = null)
    {
        _seed = seed;
        Machine = new SimulatedPlatform(seed, options);
        OwnerWork = new SimulatedScheduler(new Random(seed));
    }

    /// <summary>The machine, whose own work is the follower's.</summary>
    public SimulatedPlatform Machine { get; private set; }

    /// <summary>The present owner's work.</summary>
    public SimulatedScheduler OwnerWork { get; private set; }

    public CommitLog? Owner { get; private set; }

    /// <summary>Invoked before each item of the owner's work.</summary>
    public Action? Stepped { get; set; }

    public OwnedPartition Partition => Owner!.GetTopic(Topic)[0];

    public static TopicOptions Options { get; } = new() { SegmentBytes = 16 << 10 };

    /// <summary>Opens the log as an owner, a new process each time.</summary>
    public CommitLog Open(TopicOptions? options = null, CommitLogOptions? logOptions = null)
    {
        OwnerWork = new SimulatedScheduler(new Random(_seed + ++_lives)) { BeforeItem = () => Stepped?.Invoke() };
        ManualTimeProvider time = new(OwnerWork, Machine.Time.GetUtcNow());
        Platform platform = new(Machine.Platform.Files, OwnerWork, time);
        Owner = Finish(OpenLog.OnAsync(platform, logOptions).AsTask());
        Finish(Owner.EnsureTopicAsync(Topic, options ?? Options).AsTask());
        return Owner;
    }

    /// <summary>Opens the log to follow it.</summary>
    public ReadOnlyLog Follow(ReadOnlyLogOptions? options = null) =>
        ReadOnlyLog.Open(OpenLog.Directory, options ?? new ReadOnlyLogOptions(), Machine.Platform);

    /// <summary>Opens the log to follow it, in a process of its own that can be killed.</summary>
    public FollowerProcess StartFollower(ReadOnlyLogOptions options) => new(Machine, _seed + ++_lives, options);

    /// <summary>
    /// Ends the owner as a kill does: nothing of it runs on, its lock is free, its files stay as they are.
    /// </summary>
    public void Kill()
    {
        OwnerWork.Stop();
        Owner = null;
        FollowerProcess.Unlock(Machine, OpenLog.Directory);
    }

    /// <summary>
    /// Ends the machine, as a loss of power does, with all processes on it; another one has its disk.
    /// </summary>
    public void LosePower()
    {
        OwnerWork.Stop();
        Owner = null;
        _dead.Add(Machine);
        Machine = Machine.Crash(CrashKind.PowerLoss);
    }

    public void Close()
    {
        Finish(Owner!.DisposeAsync().AsTask());
        Owner = null;
    }

    public void Append(int count, int bytes = 100)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] value = new byte[bytes];
            BinaryPrimitives.WriteInt64LittleEndian(value, Partition.EndOffset);
            Partition.Append(new RawRecord(value));
        }
    }

    public void Flush() => Finish(Partition.FlushAsync().AsTask());

    /// <summary>Lets the owner's work run until a task is complete.</summary>
    public T Finish<T>(Task<T> task)
    {
        Finish((Task)task);
        return task.GetAwaiter().GetResult();
    }

    public void Finish(Task task)
    {
        while (!task.IsCompleted)
        {
            Assert.True(OwnerWork.RunOne(), "The owner would wait for ever.");
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Reads numbered records and checks that they are those of their offsets.</summary>
    public static long AssertReads(LogPartition partition, long from, long to)
    {
        using PartitionScan scan = partition.Scan(from);
        for (long i = from; i < to; i++)
        {
            Assert.True(scan.TryRead(out RecordView record), $"There is no offset {i}.");
            Assert.Equal(i, record.Offset);
            Assert.Equal(i, BinaryPrimitives.ReadInt64LittleEndian(record.Value));
        }

        Assert.False(scan.TryRead(out _));
        return to;
    }

    public void Dispose()
    {
        if (Owner is not null)
        {
            Close();
        }

        _dead.ForEach(machine => machine.Dispose());
        Machine.Dispose();
        Assert.Empty(Machine.Disk.Violations);
    }
}
