using System.Buffers.Binary;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Following;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>
/// The owner of a log with one partition, and a process that follows it with one group, on a machine that loses its
/// power, and a device that loses what was not flushed; with what must hold for the group's commits. Each record has a
/// number of its own, so that one that takes the offset of a lost one is another record.
/// </summary>
internal sealed class FollowedCommitModel : IDisposable
{
    private const string Group = "group";

    private static readonly TopicPartition s_partition = new(FollowFixture.Topic, 0);

    /// <summary>Without a control file that it knows, a follower sees another owner within a second.</summary>
    private static readonly TimeSpan s_untilSeen = TimeSpan.FromSeconds(2);

    private readonly FollowFixture _fixture;
    private readonly ReadOnlyLogOptions _options = new() { OffsetsDirectory = "/offsets" };

    /// <summary>What the group has ever read, with the offset.</summary>
    private readonly HashSet<(int Offset, long Number)> _everRead = [];

    /// <summary>What the group has read, in the order of the offsets, from zero to its position.</summary>
    private readonly List<long> _read = [];

    private FollowerProcess? _follower;
    private Consumer<byte[]?, byte[]>? _consumer;
    private long _appended;

    /// <summary>The records that the last commit counts as read; null where nothing is committed.</summary>
    private long[]? _committed;

    /// <summary>Whether that commit is on the disk.</summary>
    private bool _isFlushed;

    /// <summary>The position as of the last commit, with which all that is finished is committed.</summary>
    private int _settled;

    public FollowedCommitModel(int seed)
    {
        // An owner that does not know its page cache again takes records that are gone for a torn tail.
        _fixture = new FollowFixture(seed, new SimulationOptions { IdentityIsKnown = false });
        _fixture.Open();
    }

    public void Do(FollowedCommitStep step, int count)
    {
        switch (step)
        {
            case FollowedCommitStep.Append:
                OpenOwner();
                Append(count);
                break;
            case FollowedCommitStep.FlushRecords when _fixture.Owner is not null:
                _fixture.Flush();
                break;
            case FollowedCommitStep.Read:
                StartFollower();
                Read(count);
                break;
            case FollowedCommitStep.CommitFinished:
                StartFollower();
                CommitFinished();
                break;
            case FollowedCommitStep.CommitBack:
                StartFollower();
                int offset = Math.Max(0, _read.Count - count);
                Commit(offset, () => _consumer!.CommitAsync(new NextOffset(s_partition, offset)));
                break;
            case FollowedCommitStep.FlushCommits when _follower is not null:
                OffsetStore offsets = _follower.Log.Offsets!;
                _follower.Run(() => offsets.FlushAsync(offsets.Log.PublishedEnd, default).AsTask());
                _isFlushed = true;
                break;
            case FollowedCommitStep.Wait:
                _follower?.Wait(TimeSpan.FromSeconds(3));
                break;
            case FollowedCommitStep.CloseOwner when _fixture.Owner is not null:
                _fixture.Close();
                break;
            case FollowedCommitStep.KillOwner when _fixture.Owner is not null:
                _fixture.Kill();
                break;
            case FollowedCommitStep.LoseRecords when _fixture.Owner is not null:
                LoseRecords(count);
                break;
            case FollowedCommitStep.CloseFollower when _follower is not null:
                _follower.Close();
                _follower = null;
                _isFlushed = true;
                break;
            case FollowedCommitStep.KillFollower when _follower is not null:
                _follower.Kill();
                _follower = null;
                break;
            case FollowedCommitStep.PowerLoss:
                LosePower();
                break;
        }

        Check();
    }

    public void Dispose()
    {
        _follower?.Kill();
        _fixture.Dispose();
    }

    /// <summary>
    /// Without a loss of power what counts is the last commit, as far as its records are still there; whatever happens,
    /// it counts no record that the group has not read.
    /// </summary>
    private void Check()
    {
        if (_follower is null)
        {
            return;
        }

        long? expected = _committed is null ? null : CountSame(_committed, ReadLog());
        if (expected != FindCommitted())
        {
            _follower.Wait(s_untilSeen);
        }

        Assert.Equal(expected, FindCommitted());
    }

    private long? FindCommitted() =>
        _follower!.Log.Offsets!.Effective(Group, _follower.Partition.Source)?.Offset;

    private void Append(int count)
    {
        byte[] value = new byte[100];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(value, ++_appended);
            _fixture.Partition.Append(new RawRecord(value));
        }
    }

    private void Read(int count, bool isAgain = false)
    {
        try
        {
            _follower!.Run(async () =>
            {
                await foreach (Record<byte[]?, byte[]> record in _consumer!.ReadToEndAsync())
                {
                    // Nothing is skipped, and nothing comes twice.
                    Assert.Equal(_read.Count, record.Offset);
                    long number = BinaryPrimitives.ReadInt64LittleEndian(record.Value);
                    _read.Add(number);
                    _everRead.Add(((int)record.Offset, number));
                    _consumer.Finish(record);
                    if (--count == 0)
                    {
                        break;
                    }
                }
            });
        }
        catch (LogTruncatedException told)
        {
            int left = CountSame([.. _read], ReadLog());
            Assert.Equal(left, told.Offset);
            _read.RemoveRange(left, _read.Count - left);
            _settled = -1;
        }
        catch (CorruptLogException) when (!isAgain)
        {
            // It comes across what the device has lost before it sees that there is another owner.
            _follower!.Wait(s_untilSeen);
            Read(count, isAgain: true);
        }
    }

    private void CommitFinished()
    {
        _follower!.Run(() => _consumer!.CommitFinishedAsync().AsTask());
        if (_read.Count != _settled)
        {
            NoteCommitted(_read.Count);
        }
    }

    private void NoteCommitted(int offset)
    {
        long[] counted = [.. _read[..offset]];
        _isFlushed &= _committed is not null && counted.SequenceEqual(_committed);
        _committed = counted;
        _settled = _read.Count;
    }

    private void Commit(int offset, Func<ValueTask> commit)
    {
        try
        {
            _follower!.Run(() => commit().AsTask());
        }
        catch (LogTruncatedException)
        {
            // It tells that nothing was committed.
            Assert.True(CountSame([.. _read[..offset]], ReadLog()) < offset);
            return;
        }

        NoteCommitted(offset);
    }

    private void LoseRecords(int count)
    {
        PartitionLog log = _fixture.Partition.Log;
        long first = Math.Max(log.DurableEnd, log.Segments.Last?.BaseOffset ?? 0);
        long from = Math.Max(first, log.PublishedEnd - count);
        if (from < log.PublishedEnd)
        {
            FollowedDamage.OfRecord(_fixture, from);
        }

        // Until the next owner has judged what is left, it is damage to who reads it.
        _fixture.Kill();
        _fixture.Open();
    }

    private void LosePower()
    {
        _follower?.Work.Stop();
        _follower = null;
        _fixture.LosePower();
        if (_isFlushed || _committed is null)
        {
            return;
        }

        // It may be any earlier commit: found out, and checked, by the next start.
        StartFollower(isAfterLoss: true);
    }

    private void OpenOwner()
    {
        if (_fixture.Owner is null)
        {
            _fixture.Open();
        }
    }

    private void StartFollower(bool isAfterLoss = false)
    {
        if (_follower is not null)
        {
            return;
        }

        _follower = _fixture.StartFollower(_options);
        _consumer = _follower.Log.CreateConsumer<byte[]?, byte[]>(FollowFixture.Topic, Group);
        long[] log = ReadLog();

        // This joins, so that what is taken back from here on is told.
        long? found = _consumer.Committed(s_partition);
        if (isAfterLoss)
        {
            Assert.InRange(found ?? 0, 0, log.Length);
            _committed = found is { } offset ? log[..(int)offset] : null;
            _isFlushed = true;
        }

        // What counts is read, and nothing else of it is known to this process.
        int position = _committed is null ? 0 : CountSame(_committed, log);
        _read.Clear();
        _read.AddRange(log[..position]);
        _settled = position;
        for (int i = 0; i < position; i++)
        {
            Assert.Contains((i, log[i]), _everRead);
        }
    }

    /// <summary>The numbers of the records that there are, as any process can read them.</summary>
    private long[] ReadLog()
    {
        try
        {
            using ReadOnlyLog log = _fixture.Follow();
            List<long> numbers = [];
            using PartitionScan scan = log.GetTopic(FollowFixture.Topic)[0].Scan(0);
            while (scan.TryRead(out RecordView record))
            {
                numbers.Add(BinaryPrimitives.ReadInt64LittleEndian(record.Value));
            }

            return [.. numbers];
        }
        catch (CorruptLogException) when (_fixture.Owner is null)
        {
            // A loss of power has left nothing of a segment: only a recovery can pass that.
            _fixture.Open();
            return ReadLog();
        }
    }

    private static int CountSame(long[] one, long[] other) => one.AsSpan().CommonPrefixLength(other);
}
