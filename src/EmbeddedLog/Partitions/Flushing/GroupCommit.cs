using System.Diagnostics;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Diagnostics;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Safety;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Flushes a partition for all waiters: the appends of the time of one flush share the next one. At most one thread at
/// a time has the role of flusher; it alone flushes and writes checkpoints, outside all locks.
/// </summary>
/// <remarks>
/// The failure policy: the first failed flush is the last one. The system may have dropped the bytes that it could not
/// write, and a repeated flush would succeed without them, so the partition fails all waiters and every later append. A
/// failure before the system had to write (no space, no handle, no memory) has lost nothing: the waiters get an
/// exception, and the flush is tried again.
/// </remarks>
internal sealed class GroupCommit
{
    // Over 400 lines: the role of flusher, and what a round does with it, are decided in one place.
    private readonly TopicPartition _id;
    private readonly PartitionState _state;
    private readonly PartitionWriter _writer;
    private readonly IFlushControl _control;
    private readonly FlushExecutor _executor;
    private readonly CheckpointWriter _checkpoints;
    private readonly FlushQueue _queue;
    private readonly WaiterList _waiters;
    private readonly FlushPlan _plan = new();
    private readonly AssuredWork _resumption;
    private readonly PartitionTelemetry _telemetry;
    private readonly Lock _gate = new();

    /// <summary>Whether a thread has the role, or the role is queued. Under the gate.</summary>
    private bool _active;

    /// <summary>Whether another round was requested. Under the gate; also read by requesting threads.</summary>
    private bool _requested;

    /// <summary>Completed when the role is free for ever; set by stopping. Under the gate.</summary>
    private TaskCompletionSource? _stopped;

    /// <summary>Whether the last round has left a checkpoint to write; only the flusher uses it.</summary>
    private bool _owesCheckpoint;

    /// <summary>When the round began, where somebody wants to know; only the flusher uses it.</summary>
    private long _began;

    /// <summary>Up to where everything is on the disk; written by the flusher, the offset published apart.</summary>
    private DurablePoint _durable;

    /// <summary>The offset of <see cref="_durable"/>; written by the flusher, read by everyone.</summary>
    private long _durableEnd;

    public GroupCommit(
        TopicPartition id,
        PartitionState state,
        PartitionWriter writer,
        IFlushControl control,
        FlushExecutor executor,
        CheckpointWriter checkpoints,
        FlushQueue queue,
        WorkQueue work,
        in DurablePoint durable,
        PartitionTelemetry telemetry)
    {
        _telemetry = telemetry;
        _id = id;
        _state = state;
        _writer = writer;
        _control = control;
        _executor = executor;
        _checkpoints = checkpoints;
        _queue = queue;
        _waiters = new WaiterList(work);
        _resumption = new AssuredWork(work, new Resumption(this));
        _durable = durable;
        _durableEnd = durable.Offset;
    }

    /// <summary>Everything below this offset is on the disk.</summary>
    public long DurableEnd => Volatile.Read(ref _durableEnd);

    /// <summary>The durable end. Only for the flusher, and after rounds have stopped.</summary>
    public DurablePoint Durable => _durable;

    /// <summary>Whether rounds have been stopped.</summary>
    public bool IsStopped => Volatile.Read(ref _stopped) is not null;

    /// <summary>The waiters for <see cref="DurableEnd"/>.</summary>
    public WaiterList Waiters => _waiters;

    /// <summary>
    /// Adds a waiter that is released when everything below its target is on the disk, or with the reason why it never
    /// will be. It requests no round; the caller may do so afterwards.
    /// </summary>
    public void AddWaiter(OffsetWaiter waiter)
    {
        long target = waiter.Target;
        _waiters.Add(waiter);

        // A round first stores its result and then goes through the list, under the list's lock: either it finds the
        // waiter, or this thread, which has that lock later, sees the result. The same holds for stopping.
        if (DurableEnd >= target)
        {
            _waiters.ReleaseUpTo(DurableEnd);
        }
        else if ((_state.Failure ?? (IsStopped ? _state.ClosedError(_id) : null)) is { } failure)
        {
            _waiters.Fail(failure);
        }
    }

    /// <summary>The same, and requests the round that releases the waiter, which may then be in use again.</summary>
    public void AddAndRequest(OffsetWaiter waiter)
    {
        AddWaiter(waiter);
        TryRequest();
    }

    /// <summary>The bytes of a round, for measurements; it may be the next round already.</summary>
    public long FlushedBytes => _plan.Bytes;

    /// <summary>How many files <see cref="TryJoin"/> has added.</summary>
    public int JoinedFiles => _plan.Targets.Count;

    /// <summary>Whether the role is kept for a checkpoint, which <see cref="RunRound"/> writes.</summary>
    public bool OwesCheckpoint => _owesCheckpoint;

    /// <summary>Requests a round on the queue of flushes, unless one is about to begin.</summary>
    /// <param name="here">The waiter that blocks this thread, which may then make the round; or null.</param>
    /// <returns>False once rounds have been stopped.</returns>
    public bool TryRequest(BlockingWaiter? here = null)
    {
        // A requested round that has not begun covers all appends before this call, and releases all waiters added
        // before it: it takes both locks after it has set this to false.
        if (Volatile.Read(ref _requested))
        {
            return true;
        }

        if (TryTakeRole(out bool stopped))
        {
            if (here is null)
            {
                _queue.Add(this);
            }
            else
            {
                _queue.RunOrAdd(this, here);
            }
        }

        return !stopped;
    }

    /// <summary>The same for a waiter on the list, which no round will release after rounds have stopped.</summary>
    public void RequestOrFail(BlockingWaiter? here = null)
    {
        if (!TryRequest(here))
        {
            _waiters.Fail(_state.ClosedError(_id));
        }
    }

    /// <summary>
    /// Flushes and releases the waiters, or writes a due checkpoint. Only with the role, which the caller keeps if this
    /// returns true: another round was requested.
    /// </summary>
    /// <param name="oweCheckpoint">Whether to leave a due checkpoint to the next call.</param>
    public bool RunRound(bool oweCheckpoint = false)
    {
        if (_owesCheckpoint)
        {
            _owesCheckpoint = false;
            TryWriteCheckpoint(_durable);
        }
        else if (Round(oweCheckpoint))
        {
            return false;
        }

        return _owesCheckpoint || !TryLeaveRole();
    }

    /// <summary>
    /// Begins a round whose files are flushed together with others; <see cref="EndTogether"/> ends it. Only with the
    /// role. If it returns false, nothing has begun, and the round must run by itself.
    /// </summary>
    public bool TryJoin(List<FileFlush> flushes)
    {
        if (!TryPlan() || !FlushTogetherPolicy.MayJoin(_plan.Bytes))
        {
            return false;
        }

        return _executor.TryJoin(_plan, flushes);
    }

    /// <summary>
    /// Ends a round of <see cref="TryJoin"/>, and releases the waiters. The caller keeps the role if this returns true:
    /// another round was requested, or a checkpoint is due.
    /// </summary>
    /// <param name="flushes">The results of the flushes that were added.</param>
    public bool EndTogether(ReadOnlySpan<FileFlush> flushes)
    {
        if (TryEndRound(planned: true, flushes, out bool rolled))
        {
            _waiters.ReleaseUpTo(_durable.Offset);
            _owesCheckpoint = rolled || _checkpoints.IsDue(_durable);
        }

        return _owesCheckpoint || !TryLeaveRole();
    }

    /// <summary>Begins no more rounds; completes when the last one is over. The remaining waiters fail.</summary>
    public async ValueTask StopAsync(WaitMode how)
    {
        Task over;
        lock (_gate)
        {
            AssertInvariantsUnsynchronized();
            _stopped ??= new TaskCompletionSource();
            over = _active ? _stopped.Task : Task.CompletedTask;
        }

        if (how.Blocks)
        {
            _queue.Help();
        }

        await how.For(over).ConfigureAwait(false);
        _waiters.Fail(_state.ClosedError(_id));
    }

    private bool TryTakeRole(out bool stopped)
    {
        lock (_gate)
        {
            AssertInvariantsUnsynchronized();
            stopped = _stopped is not null;
            bool taken = !_active && !stopped;
            Volatile.Write(ref _requested, _requested | !stopped);
            _active |= taken;
            return taken;
        }
    }

    private bool TryLeaveRole()
    {
        TaskCompletionSource? stopped;
        lock (_gate)
        {
            AssertInvariantsUnsynchronized();
            _active = _requested;
            if (_active)
            {
                return false;
            }

            stopped = _stopped;
        }

        stopped?.TrySetResult();
        return true;
    }

    /// <summary>Plans the flush for all requests so far; returns whether there is anything to flush.</summary>
    private bool TryPlan()
    {
        lock (_gate)
        {
            AssertInvariantsUnsynchronized();
            Volatile.Write(ref _requested, false);
        }

        _began = _telemetry.BeginFlush();
        bool planned = _state.Failure is null && _writer.TryPlanFlush(_plan);
        if (planned && Protections.IsOut(Protection.FlushBeforeCheckpoint))
        {
            TryWriteCheckpoint(_plan.End);
        }

        return planned;
    }

    /// <summary>Flushes and releases the waiters; true if the resumption continues from here.</summary>
    private bool Round(bool oweCheckpoint)
    {
        bool planned = TryPlan();
        if (!TryEndRound(planned, [], out bool rolled))
        {
            return false;
        }

        if (!rolled && !_checkpoints.IsDue(_durable))
        {
            // The next round begins when all waiters of this one have woken up: one flush then covers their next
            // appends. Otherwise it would cover only the first one's, and the others would wait for two.
            return _waiters.ReleaseUpTo(_durable.Offset, _resumption);
        }

        // After the acknowledgement, which does not depend on it.
        _waiters.ReleaseUpTo(_durable.Offset);
        _owesCheckpoint = oweCheckpoint;
        if (!oweCheckpoint)
        {
            TryWriteCheckpoint(_durable);
        }

        return false;
    }

    /// <summary>
    /// Carries the plan out, if there is one; false if it failed, and all waiters have got the failure.
    /// </summary>
    /// <param name="planned">Whether there is a plan.</param>
    /// <param name="flushes">The results of its flushes together with others; empty if it is to make them.</param>
    /// <param name="rolled">Whether another segment has been reached.</param>
    private bool TryEndRound(bool planned, ReadOnlySpan<FileFlush> flushes, out bool rolled)
    {
        rolled = false;
        if (_state.Failure is { } failed && flushes.IsEmpty)
        {
            _waiters.Fail(failed);
            return false;
        }

        try
        {
            if (planned)
            {
                if (flushes.IsEmpty)
                {
                    _executor.FlushSegments(_plan);
                }
                else
                {
                    FlushExecutor.EndJoined(_plan, flushes);
                }

                _executor.End(_plan);

                // Otherwise the last plan would keep segments in memory that retention has removed since.
                _plan.Targets.Clear();
                rolled = _plan.End.Sequence != _durable.Sequence;
                _telemetry.EndFlush(_began, _plan.End.Offset - _durable.Offset);
                _durable = _plan.End;
                _state.Slot.NoteDurable(_durable.Offset); // First: the next line acknowledges.
                Volatile.Write(ref _durableEnd, _durable.Offset);
            }

            return true;
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            _telemetry.FailFlush();
            _waiters.Fail(PartitionErrors.NotFlushed(failure, _id));
            _control.RetryFlush();
            return false;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _telemetry.FailFlush();
            _waiters.Fail(Protections.IsOut(Protection.Poisoning)
                ? new LogIOException(failure.Message, failure)
                : _writer.Fail(failure));
            return false;
        }
    }

    private void TryWriteCheckpoint(in DurablePoint durable)
    {
        try
        {
            _checkpoints.Write(durable, clean: false);
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            // The last checkpoint is still true, or none is needed: a recovery has more work until the next try.
            _checkpoints.WriteLater();
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _waiters.Fail(_writer.Fail(failure));
        }
    }

    /// <summary>Checks what must hold when the gate is free: a thread will make each requested round.</summary>
    [Conditional("DEBUG")]
    private void AssertInvariantsUnsynchronized() =>
        Debug.Assert(_active || !_requested, "No thread will make the requested round.");

    /// <summary>Continues with the role after the released waiters have woken up.</summary>
    private sealed class Resumption(GroupCommit groupCommit) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            if (!groupCommit.TryLeaveRole())
            {
                groupCommit._queue.RunOrAdd(groupCommit);
            }
        }
    }
}
