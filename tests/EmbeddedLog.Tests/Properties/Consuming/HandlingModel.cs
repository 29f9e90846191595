using System.Runtime.CompilerServices;
using System.Text;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>
/// Consumers of a group whose records go to handlers, and what must hold meanwhile: the order, the bounds, and that
/// nothing is committed that is not finished.
/// </summary>
internal sealed class HandlingModel : IDisposable
{
    private const int Partitions = 3;

    private readonly List<HandlingModelMember> _members = [];
    private readonly ForEachOptions _options;
    private readonly int _turns;
    private readonly CommitLog _log;
    private readonly Topic _topic;
    private readonly HashSet<(int Partition, long Offset)> _ended = [];
    private readonly Dictionary<
        (int Partition, string? Key), List<(HandlingModelMember Member, CancellationToken Token)>> _running = [];
    private readonly List<TaskCompletionSource> _hanging = [];
    private bool _hangs;
    private string? _violation;
    private int _failures;

    /// <param name="seed">The machine's.</param>
    /// <param name="options">How records are handled.</param>
    /// <param name="turns">How often handlers let others run.</param>
    public HandlingModel(int seed, ForEachOptions options, int turns)
    {
        Machine = new SimulatedPlatform(seed);
        _options = options;
        _options.FailureHandler = DecideAsync;
        _turns = turns;
        _log = Machine.Run(OpenLog.OnAsync(Machine));
        _topic = Machine.Run(_log.CreateTopicAsync("topic", new TopicOptions { Partitions = Partitions }));
    }

    public SimulatedPlatform Machine { get; }

    /// <summary>Does one step, and lets the handlers do what they can.</summary>
    public void Do(HandlingStep step, int number)
    {
        HandlingModelMember? member = _members.Count == 0 ? null : _members[number % _members.Count];
        switch (step)
        {
            case HandlingStep.Append:
                byte[] key = Encoding.UTF8.GetBytes($"{number % 4}");
                _topic[number % Partitions].Append(
                    number % 4 == 0 ? new RawRecord("value"u8) : new RawRecord(key, "value"u8));
                break;
            case HandlingStep.Join when _members.Count < 4:
                Join();
                break;
            case HandlingStep.Leave when member is not null:
                _members.Remove(member);
                Machine.Run(member.LeaveAsync, TimeSpan.FromHours(1));
                break;
            case HandlingStep.Dispose when member is not null:
                _members.Remove(member);
                Machine.Run(member.DisposeAsync, TimeSpan.FromHours(1));
                break;
            case HandlingStep.Restart:
                member?.Restart();
                break;
            case HandlingStep.Hang:
                _hangs = true;
                break;
            case HandlingStep.GoOn:
                GoOn();
                break;
            case HandlingStep.Fail:
                _failures++;
                break;
            case HandlingStep.Commit when member is not null:
                Machine.Run(() => member.Consumer.CommitFinishedAsync().AsTask());
                break;
            case HandlingStep.Wait:
                Machine.Time.Advance(TimeSpan.FromSeconds(number * number));
                break;
        }

        if (number % 3 > 0)
        {
            Machine.Scheduler.RunUntilIdle();
        }

        Look();
    }

    /// <summary>In the end all handlers go on, and every record was handled and is committed.</summary>
    public void Finish()
    {
        Join();
        _failures = 0;
        for (int i = 0; i < 8; i++)
        {
            GoOn();
            Machine.Scheduler.RunUntilIdle();
            Machine.Time.Advance(TimeSpan.FromMinutes(1));
            Machine.Scheduler.RunUntilIdle();
            Look();
        }

        foreach (HandlingModelMember member in _members)
        {
            Machine.Run(member.LeaveAsync, TimeSpan.FromHours(1));
        }

        for (int partition = 0; partition < Partitions; partition++)
        {
            Assert.Equal(_topic[partition].EndOffset, FinishedTo(partition));
            Assert.Equal(_topic[partition].EndOffset, Committed(partition));
        }
    }

    /// <summary>A member's handler.</summary>
    public async ValueTask HandleAsync(
        HandlingModelMember member,
        StrongBox<int> count,
        Record<string?, string> record,
        CancellationToken cancellationToken)
    {
        List<(HandlingModelMember Member, CancellationToken Token)> running = RunningBefore(record);
        Check(member.IsGone || record.Offset >= Committed(record.Partition), $"{record} was committed.");
        Check(
            running.All(each => each.Member.IsGone || each.Token.IsCancellationRequested),
            $"{record} begins too early.");
        Check(++count.Value <= _options.MaxParallelism, $"{record} begins beside too many.");
        running.Add((member, cancellationToken));
        try
        {
            for (int i = 0; i < _turns; i++)
            {
                await TurnAsync();
            }

            if (_hangs)
            {
                TaskCompletionSource hanging = new();
                _hanging.Add(hanging);
                await hanging.Task;
            }

            if (_failures > 0)
            {
                _failures--;
                throw new HandlingModelMember.HandlerException();
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                _ended.Add((record.Partition, record.Offset));
            }
        }
        finally
        {
            running.Remove((member, cancellationToken));
            count.Value--;
        }
    }

    public void Dispose()
    {
        Machine.Run(_log.DisposeAsync(), TimeSpan.FromDays(1));
        Machine.Dispose();
    }

    private async ValueTask<FailureAction> DecideAsync(FailedRecord record, CancellationToken cancellationToken)
    {
        Check(record.Error is HandlingModelMember.HandlerException, record.Error.ToString());
        await TurnAsync();
        if (_options.OnFailure != FailureAction.Stop && !cancellationToken.IsCancellationRequested)
        {
            _ended.Add((record.At.TopicPartition.Partition, record.At.Offset));
        }

        return _options.OnFailure;
    }

    private async Task TurnAsync()
    {
        TaskCompletionSource turn = new();
        Machine.Scheduler.Queue(new Turn(turn));
        await turn.Task;
    }

    /// <summary>What runs and must have ended before a record begins. Records without a key wait for none.</summary>
    private List<(HandlingModelMember Member, CancellationToken Token)> RunningBefore(Record<string?, string> record)
    {
        if (_options.OrderBy == ProcessingOrder.Key && !record.HasKey)
        {
            return [];
        }

        (int, string?) lane = (record.Partition, _options.OrderBy == ProcessingOrder.Key ? record.Key : null);
        if (!_running.TryGetValue(lane, out List<(HandlingModelMember Member, CancellationToken Token)>? running))
        {
            _running.Add(lane, running = []);
        }

        return running;
    }

    private void Join()
    {
        HandlingModelMember member = new(this, _log, _options);
        _members.Add(member);
        member.Begin();
    }

    private void GoOn()
    {
        _hangs = false;
        TaskCompletionSource[] hanging = [.. _hanging];
        _hanging.Clear();
        foreach (TaskCompletionSource each in hanging)
        {
            each.SetResult();
        }
    }

    /// <summary>An exception inside a handler would be the policy's.</summary>
    private void Check(bool holds, string violation) => _violation ??= holds ? null : violation;

    private void Look()
    {
        Assert.Null(_violation);
        _members.ForEach(member => member.ThrowIfFailed());
        for (int partition = 0; partition < Partitions; partition++)
        {
            Assert.InRange(Committed(partition), 0, FinishedTo(partition));
        }
    }

    private long Committed(int partition) => _log.Offsets.Effective("group", _topic[partition].Log)?.Offset ?? 0;

    private long FinishedTo(int partition)
    {
        long offset = 0;
        while (_ended.Contains((partition, offset)))
        {
            offset++;
        }

        return offset;
    }

    private sealed class Turn(TaskCompletionSource turn) : IThreadPoolWorkItem
    {
        public void Execute() => turn.SetResult();
    }
}
