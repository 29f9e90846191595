using System.Globalization;
using System.Text;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>
/// One partition and one group that commits, on a simulated machine that is killed and loses its power, with what must
/// hold after each opening.
/// </summary>
internal sealed class CommitModel : IDisposable
{
    private readonly List<SimulatedPlatform> _machines = [];

    /// <summary>By offset, the records that were there when a commit counted it as read.</summary>
    private readonly Dictionary<long, HashSet<int>> _read = [];

    private readonly PartitionSettings _settings = PartitionFixture.Settings(segmentBytes: 16 << 10);
    private TopicFixture _topic;
    private int _appended;

    /// <summary>
    /// The last commit, and the last one that cannot be lost with all it counts; null where there is none.
    /// </summary>
    private long? _last;
    private long? _lastSafe;

    public CommitModel(int seed)
    {
        _machines.Add(new SimulatedPlatform(seed));
        _topic = TopicFixture.On(Machine, settings: _settings);
    }

    private SimulatedPlatform Machine => _machines[^1];

    public void Do(CommitStep step, int count)
    {
        switch (step)
        {
            case CommitStep.Append:
                for (int i = 0; i < count; i++)
                {
                    _topic.Append(_appended++);
                }

                break;
            case CommitStep.FlushRecords:
                Machine.Run(_topic.Log.FlushAsync(_topic.Log.PublishedEnd, default));
                NoteSafe();
                break;
            case CommitStep.CommitEnd:
                Commit(_topic.Log.PublishedEnd);
                break;
            case CommitStep.CommitBack:
                Commit(Math.Max(0, _topic.Log.PublishedEnd - count));
                break;
            case CommitStep.FlushCommits:
                Machine.Run(_topic.Offsets.FlushAsync(_topic.Offsets.Log.PublishedEnd, default));
                NoteSafe();
                break;
            case CommitStep.Wait:
                Machine.Time.Advance(TimeSpan.FromSeconds(5));
                Machine.Scheduler.RunUntilIdle();
                NoteSafe();
                break;
            case CommitStep.Reopen:
                Reopen();
                break;
            default:
                Crash(step == CommitStep.Kill ? CrashKind.ProcessKill : CrashKind.PowerLoss);
                break;
        }
    }

    public void Dispose()
    {
        _machines.ForEach(machine => machine.Dispose());
        Assert.Empty(Machine.Disk.Violations);
    }

    private void Commit(long offset)
    {
        int[] records = Records();
        for (int i = 0; i < offset; i++)
        {
            if (!_read.TryGetValue(i, out HashSet<int>? read))
            {
                _read.Add(i, read = []);
            }

            read.Add(records[i]);
        }

        _topic.Offsets.Commit(TopicFixture.Group, new PartitionCommit(_topic.Log, offset));
        _last = offset;
        _lastSafe = null;
        NoteSafe();
    }

    private void NoteSafe()
    {
        if (_last <= _topic.Log.DurableEnd && _topic.Offsets.Log.DurableEnd == _topic.Offsets.Log.PublishedEnd)
        {
            _lastSafe = _last;
        }
    }

    private void Reopen()
    {
        Assert.True(Machine.Run(_topic.CloseAsync));
        _topic = new TopicFixture(Machine.Platform, OpenLog.Directory, settings: _settings);
        Assert.Equal(_last, _topic.Committed());
        CheckOpened();
    }

    private void Crash(CrashKind kind)
    {
        _machines.Add(Machine.Crash(kind));
        _topic = TopicFixture.After(Machine, kind, (ulong)_machines.Count, settings: _settings);
        long? expected = kind == CrashKind.ProcessKill ? _last : _lastSafe;
        if (expected is not null)
        {
            Assert.Equal(expected, _topic.Committed());
        }

        CheckOpened();
    }

    private void CheckOpened()
    {
        long? committed = _topic.Committed();
        int[] records = Records();
        Assert.Equal(records.Length, _topic.Log.DurableEnd);
        Assert.InRange(committed ?? 0, 0, records.Length);
        for (int i = 0; i < committed; i++)
        {
            Assert.Contains(records[i], _read[i]);
        }

        // What was found is what counts now, and is durable: recovery has flushed it.
        _last = committed;
        _lastSafe = committed;
    }

    private int[] Records()
    {
        List<int> records = [];
        using PartitionScan scan = _topic.Log.Scan(0);
        while (scan.TryRead(out RecordView record))
        {
            records.Add(int.Parse(Encoding.UTF8.GetString(record.Value), CultureInfo.InvariantCulture));
        }

        return [.. records];
    }
}
