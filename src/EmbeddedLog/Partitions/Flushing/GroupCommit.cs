using System.Runtime.ExceptionServices;
using EmbeddedLog.Concurrency.Waiters;
using EmbeddedLog.Concurrency.Work;
using EmbeddedLog.Files;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Safety;

namespace EmbeddedLog.Partitions.Flushing;

/// <summary>
/// Flushes a partition for all who wait: while one flush is under way the next appends gather, and share the one after
/// it. At most one thread at a time has the role of flusher; it alone flushes and writes checkpoints, under no lock.
/// </summary>
/// <remarks>
/// The failure policy: the first flush that fails is the last one. The system may have dropped what it could not write,
/// and a repeated flush would succeed without it, so the partition fails all waiters and every later append. What fails
/// before the system was told to write (no space, no handle, no memory) has lost nothing: those who wait are told, and
/// it is tried again by itself.
/// </remarks>
internal sealed class GroupCommit
{
    private readonly PartitionLog _log;
    private readonly PartitionState _state;
    private readonly WaiterList _waiters;
    private readonly FlushPlan _plan = new();
    private readonly AssuredWork _resumption;
    private readonly Lock _gate = new();

    /// <summary>Whether somebody has the role, or it is queued. Under the gate.</summary>
    private bool _active;

    /// <summary>Whether another round was asked for. Under the gate; read by whoever asks too.</summary>
    private bool _requested;

    /// <summary>Completed when the role is free for good; set by stopping. Under the gate.</summary>
    private TaskCompletionSource? _stopped;

    /// <summary>Whether the last round has left a checkpoint to be written; only the flusher uses it.</summary>
    private bool _owesCheckpoint;

    /// <summary>What a checkpoint says; only the flusher uses it.</summary>
    private DurablePoint _checkpointed;

    /// <summary>
    /// The start of the log that the checkpoint tells of, or an earlier one; only the flusher uses it.
    /// </summary>
    private long _checkpointedStart;

    /// <summary>
    /// The end up to which everything is on the disk; written by the flusher, the offset published apart.
    /// </summary>
    private DurablePoint _durable;

    /// <summary>The offset of <see cref="_durable"/>; written by the flusher, read by everyone.</summary>
    private long _durableEnd;

    public GroupCommit(PartitionLog log, PartitionState state, DurablePoint durable)
    {
        _log = log;
        _state = state;
        _waiters = new WaiterList(log.Context.Platform.Work);
        _resumption = new AssuredWork(log.Context.Platform.Work, new Resumption(this));
        _durable = _checkpointed = durable;
        _checkpointedStart = state.LogStart;
        _durableEnd = durable.Offset;
    }

    /// <summary>Everything below this offset is on the disk.</summary>
    public long DurableEnd => Volatile.Read(ref _durableEnd);

    /// <summary>Waits until everything below <paramref name="offset"/> is on the disk, and sees to it.</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="assured">Whether it goes on even where all threads of the pool are held.</param>
    /// <exception cref="PartitionFailedException">It never will be.</exception>
    public ValueTask WaitAsync(long offset, CancellationToken cancellationToken, bool assured = false)
    {
        if (DurableEnd >= offset)
        {
            return ValueTask.CompletedTask;
        }

        if (_state.Failure is { } failure)
        {
            return ValueTask.FromException(failure);
        }

        AsyncWaiter waiter = assured
            ? AsyncWaiter.Assured(_log.Context.Platform.Work, offset)
            : _log.Context.Waiters.Rent(offset, cancellationToken.CanBeCanceled);
        ValueTask task = waiter.Task;
        waiter.AddTo(_waiters, cancellationToken);

        // After the waiter is on the list: the round that this asks for, or one that begins before it, releases it.
        if (!TryRequest())
        {
            _waiters.Fail(_log.ClosedError());
        }

        return task;
    }

    /// <summary>
    /// The same for a thread that blocks. It flushes itself where nobody else does, and is woken without the pool.
    /// </summary>
    /// <exception cref="PartitionFailedException">It never will be.</exception>
    public void Wait(long offset)
    {
        if (DurableEnd >= offset)
        {
            return;
        }

        if (_state.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        FlushQueue flushes = _log.Context.Flushes;
        flushes.EnterBlocked();
        try
        {
            BlockingWaiter waiter = BlockingWaiter.Rent(offset);
            _waiters.Add(waiter);
            if (!TryRequest(waiter))
            {
                _waiters.Fail(_log.ClosedError());
            }

            flushes.Help(waiter);
            waiter.Wait(_log.Context.Platform.Work);
        }
        finally
        {
            flushes.LeaveBlocked();
        }
    }

    /// <summary>Waits for the last flush of a partition that is being closed.</summary>
    public async ValueTask WaitLastAsync(Waiting how)
    {
        try
        {
            if (how.Blocks)
            {
                Wait(_state.PublishedEnd);
            }
            else
            {
                await WaitAsync(_state.PublishedEnd, CancellationToken.None, assured: true).ConfigureAwait(false);
            }
        }
        catch (EmbeddedLogException)
        {
            // Whoever waited for the flush was told; closing only leaves the checkpoint as it is.
        }
    }

    /// <summary>
    /// Adds somebody to be released once everything below the waiter's target is on the disk, or with the reason why it
    /// never will be. Asks for no round: whoever is in a hurry does, once the waiter was added.
    /// </summary>
    public void AddWaiter(OffsetWaiter waiter)
    {
        long target = waiter.Target;
        _waiters.Add(waiter);

        // A round first says how it ended and then goes through the list, under the list's lock: either it finds the
        // waiter there, or this thread, which had that lock later, sees how it ended. The same goes for stopping.
        if (DurableEnd >= target)
        {
            _waiters.ReleaseUpTo(DurableEnd);
        }
        else if (_state.Failure is { } failure)
        {
            _waiters.Fail(failure);
        }
        else if (Volatile.Read(ref _stopped) is not null)
        {
            _waiters.Fail(_log.ClosedError());
        }
    }

    /// <summary>How many bytes a round takes; for who measures it, since it may be the next one already.</summary>
    public long FlushedBytes => _plan.Bytes;

    /// <summary>How many files <see cref="TryJoin"/> has added.</summary>
    public int JoinedFiles => _plan.Targets.Count;

    /// <summary>Whether the role is kept for a checkpoint, which <see cref="RunRound"/> writes.</summary>
    public bool OwesCheckpoint => _owesCheckpoint;

    /// <summary>Asks for a round on the queue of flushes, unless one is about to begin.</summary>
    /// <param name="here">Who blocks on this thread, on which the round may then be made; or null.</param>
    /// <returns>False once rounds have been stopped.</returns>
    public bool TryRequest(BlockingWaiter? here = null)
    {
        // A round that is yet to begin covers all that was appended, and releases all who were added, before this call:
        // it takes the locks of both after it has set this to false.
        if (Volatile.Read(ref _requested))
        {
            return true;
        }

        if (TryTakeRole(out bool stopped))
        {
            if (here is null)
            {
                _log.Context.Flushes.Add(this);
            }
            else
            {
                _log.Context.Flushes.RunOrAdd(this, here);
            }
        }

        return !stopped;
    }

    /// <summary>
    /// Flushes, and releases who waited for it; or writes the checkpoint that is owed. Only with the role, which is
    /// kept where this returns true: another round is wanted.
    /// </summary>
    /// <param name="oweCheckpoint">Whether a checkpoint that is due is left to the next call.</param>
    public bool RunRound(bool oweCheckpoint = false)
    {
        if (_owesCheckpoint)
        {
            _owesCheckpoint = false;
            TryWriteCheckpoint(_durable, clean: false);
        }
        else if (Round(oweCheckpoint))
        {
            return false;
        }

        return _owesCheckpoint || !TryLeaveRole();
    }

    /// <summary>
    /// Begins a round whose files are flushed together with others', to be ended by <see cref="EndTogether"/>. Only
    /// with the role. Where it returns false nothing has begun, and the round is to be run by itself.
    /// </summary>
    public bool TryJoin(List<FileFlush> flushes)
    {
        if (!TryPlan() || _plan.Bytes > FlushQueue.MaxBytesTogether)
        {
            return false;
        }

        _ = Protections.FlushBeforeCheckpoint || TryWriteCheckpoint(_plan.End, clean: false);
        return _log.TryJoin(_plan, flushes);
    }

    /// <summary>
    /// Ends a round that was begun by <see cref="TryJoin"/>, and releases who waited for it. The role is kept where
    /// this returns true: another round is wanted, or a checkpoint is owed.
    /// </summary>
    /// <param name="flushes">How the flushes ended that were added.</param>
    public bool EndTogether(ReadOnlySpan<FileFlush> flushes)
    {
        if (TryEndRound(planned: true, flushes, out bool rolled))
        {
            _waiters.ReleaseUpTo(_durable.Offset);
            _owesCheckpoint = rolled || IsCheckpointDue();
        }

        return _owesCheckpoint || !TryLeaveRole();
    }

    /// <summary>Begins no more rounds; completes when the last one is over. Whoever still waits has failed.</summary>
    public async ValueTask StopAsync(Waiting how)
    {
        Task over;
        lock (_gate)
        {
            _stopped ??= new TaskCompletionSource();
            over = _active ? _stopped.Task : Task.CompletedTask;
        }

        if (how.Blocks)
        {
            _log.Context.Flushes.Help();
        }

        await how.For(over).ConfigureAwait(false);
        _waiters.Fail(_log.ClosedError());
    }

    /// <summary>
    /// After <see cref="StopAsync"/>: writes the last checkpoint, which says that the partition was closed cleanly.
    /// Returns false where not everything is on the disk, so that the next opening must look.
    /// </summary>
    public bool TryWriteCleanCheckpoint()
    {
        if (_state.Failure is not null || _durable.Offset != _state.PublishedEnd)
        {
            return false;
        }

        try
        {
            // A segment that was begun after the last append is not covered by any flush so far, nor the log's start.
            if (_log.Writer.TryPlanFlush(_plan, last: true) && _plan.End != _durable)
            {
                _log.FlushSegments(_plan);
                _log.EndFlush(_plan);
                _durable = _plan.End;
            }

            _log.FlushManifest();
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _log.Fail(failure);
            return false;
        }

        return TryWriteCheckpoint(_durable, clean: true);
    }

    private bool TryTakeRole(out bool stopped)
    {
        lock (_gate)
        {
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

    /// <summary>Takes in all that was asked for so far; whether there is anything to flush.</summary>
    private bool TryPlan()
    {
        lock (_gate)
        {
            Volatile.Write(ref _requested, false);
        }

        return _state.Failure is null && _log.Writer.TryPlanFlush(_plan);
    }

    /// <summary>Flushes, and releases who waited for it; true where the resumption goes on from here.</summary>
    private bool Round(bool oweCheckpoint)
    {
        bool planned = TryPlan();
        if (planned)
        {
            _ = Protections.FlushBeforeCheckpoint || TryWriteCheckpoint(_plan.End, clean: false);
        }

        if (!TryEndRound(planned, [], out bool rolled))
        {
            return false;
        }

        if (!rolled && !IsCheckpointDue())
        {
            // The next round begins when all have woken up who waited for this one: then what they append goes into one
            // flush, instead of the first one's alone while the others wait for two.
            return _waiters.ReleaseUpTo(_durable.Offset, _resumption);
        }

        // Never before the acknowledgement, which does not depend on it.
        _waiters.ReleaseUpTo(_durable.Offset);
        _owesCheckpoint = oweCheckpoint;
        if (!oweCheckpoint)
        {
            TryWriteCheckpoint(_durable, clean: false);
        }

        return false;
    }

    /// <summary>Carries the plan out, if there is one; false where it failed, and all who wait were told.</summary>
    /// <param name="planned">Whether there is a plan.</param>
    /// <param name="flushes">How its files were flushed together with others'; empty where they are yet to be.</param>
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
                    _log.FlushSegments(_plan);
                }
                else
                {
                    PartitionLog.EndJoined(_plan, flushes);
                }

                _log.EndFlush(_plan);

                // Or the last plan would keep segments in memory that retention has removed since.
                _plan.Targets.Clear();
                rolled = _plan.End.Sequence != _durable.Sequence;
                _durable = _plan.End;
                Volatile.Write(ref _durableEnd, _durable.Offset);
                _state.Slot.NoteDurable(_durable.Offset);
            }

            return true;
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            _waiters.Fail(PartitionErrors.NotFlushed(failure, _log.Id));
            _log.RetryFlush();
            return false;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _waiters.Fail(Protections.Poisoning ? _log.Fail(failure) : new LogIOException(failure.Message, failure));
            return false;
        }
    }

    /// <summary>
    /// A checkpoint bounds what recovery has to look at, so one is due by bytes, and when appends pause.
    /// </summary>
    private bool IsCheckpointDue()
    {
        const long MaxBytes = 16 << 20;
        return (_durable != _checkpointed || _state.LogStart != _checkpointedStart)
            && (_durable.Position - _checkpointed.Position >= MaxBytes || _log.TakeCheckpointRequest());
    }

    private bool TryWriteCheckpoint(in DurablePoint durable, bool clean)
    {
        long start = _state.LogStart;
        try
        {
            _log.WriteCheckpoint(durable, clean);
            _checkpointed = durable;
            _checkpointedStart = start;
            return true;
        }
        catch (FileSystemException failure) when (!failure.IsFailedFlush)
        {
            // The one before is still true, or none is needed: recovery has more to look at until the next try.
            _log.RequestCheckpoint();
            return false;
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException)
        {
            _waiters.Fail(_log.Fail(failure));
            return false;
        }
    }

    /// <summary>Goes on with the role after those who were released have woken up.</summary>
    private sealed class Resumption(GroupCommit commit) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            if (!commit.TryLeaveRole())
            {
                commit._log.Context.Flushes.RunOrAdd(commit);
            }
        }
    }
}
