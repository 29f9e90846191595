using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Hosting.Handlers;

/// <summary>
/// Runs one handler: a consumer and its loop, begun anew after a failure, until it is stopped. What depends on the
/// types of key and value is in <see cref="RecordHandlerRunner{TKey, TValue}"/>.
/// </summary>
/// <param name="name">The handler's name.</param>
/// <param name="topics">What it reads.</param>
/// <param name="group">Its group.</param>
/// <param name="holder">Its log.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is told what becomes of it.</param>
internal abstract class HandlerRunner(
    string name, Subscription topics, string group, LogHolder holder, TimeProvider time, ILogger logger)
    : IHandlerControl, IDisposable
{
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);

    /// <summary>One start or stop at a time.</summary>
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Guards <see cref="_consumer"/> and <see cref="_isPaused"/>, so that both go together.</summary>
    private readonly Lock _pausing = new();

    /// <summary>What reads at present. Under the lock of pausing.</summary>
    private IConsumer? _consumer;

    /// <summary>Under the lock of pausing.</summary>
    private bool _isPaused;

    /// <summary>Ends the present run. Under the gate.</summary>
    private CancellationTokenSource? _stopping;

    /// <summary>The present run. Written under the gate; read by everyone.</summary>
    private Task? _run;

    /// <summary>Whether the host has started and is not stopping. Under the gate.</summary>
    private bool _mayRun;

    /// <summary>The bound that the host sets to every drain. Written before the first run.</summary>
    private TimeSpan _longestDrain = TimeSpan.MaxValue;

    /// <summary>Ends a loop that is to begin again with other options. Written by the run; read by everyone.</summary>
    private CancellationTokenSource? _reloading;

    private Exception? _failure;

    /// <summary>How many records were handled.</summary>
    private long _handled;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Log => holder.Name;

    /// <inheritdoc/>
    public string Group => group;

    /// <inheritdoc/>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <inheritdoc/>
    public HandlerState State => Volatile.Read(ref _run) is not { IsCompleted: false } ? HandlerState.Stopped
        : Volatile.Read(ref _failure) is not null ? HandlerState.Failed
        : Volatile.Read(ref _isPaused) ? HandlerState.Paused
        : HandlerState.Running;

    /// <summary>The options as of now.</summary>
    public HandlerOptions Options => holder.Options.Handlers[name];

    /// <summary>What it reads.</summary>
    protected Subscription Topics => topics;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    /// <summary>Where it is told what becomes of it.</summary>
    protected ILogger Logger => logger;

    /// <summary>Throws if the handler cannot be made.</summary>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public abstract void Check();

    /// <summary>The host has started.</summary>
    /// <param name="longestDrain">The bound of every drain.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task BeginAsync(TimeSpan longestDrain, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        _longestDrain = longestDrain;
        _mayRun = true;
        _gate.Release();
        if (Options.AutoStart)
        {
            await StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The host is stopping.</summary>
    public async Task EndAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _mayRun = false;
        _gate.Release();
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask StartAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_mayRun)
            {
                throw new InvalidOperationException(
                    $"Handler '{name}' of log '{Log}' cannot start: the host has not started, or is stopping.");
            }

            if (_run is { IsCompleted: false })
            {
                return;
            }

            _stopping?.Dispose();
            _stopping = new CancellationTokenSource();
            CancellationToken stop = _stopping.Token;
            Volatile.Write(ref _failure, null);

            // What runs belongs to no call, also not to the request that starts it.
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            {
                Volatile.Write(ref _run, Task.Run(() => RunAsync(stop), CancellationToken.None));
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask StopAsync(CancellationToken cancellationToken = default)
    {
        Task? run;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            run = _run;
            if (_stopping is not null)
            {
                await _stopping.CancelAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _gate.Release();
        }

        if (run is not null)
        {
            await run.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Pause() => SetPaused(true);

    /// <inheritdoc/>
    public void Resume() => SetPaused(false);

    /// <summary>Lets the loop go on with changed options.</summary>
    public void Reload()
    {
        try
        {
            Volatile.Read(ref _reloading)?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The loop has just ended. The next one begins with the options as of then.
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default)
    {
        IConsumer? consumer;
        lock (_pausing)
        {
            consumer = _consumer;
        }

        try
        {
            return consumer is null
                ? new ConsumerLag([])
                : await consumer.GetLagAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has just stopped.
            return new ConsumerLag([]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping?.Dispose();
        _gate.Dispose();
    }

    /// <summary>Reads and handles until it is stopped, by an exception.</summary>
    /// <param name="log">The open log.</param>
    /// <param name="options">The options of this loop.</param>
    /// <param name="loop">The options of the loop, from these.</param>
    /// <param name="consumer">The options of the consumer.</param>
    /// <param name="stop">Ends it.</param>
    protected abstract Task LoopAsync(
        CommitLog log, HandlerOptions options, ForEachOptions loop, ConsumerOptions consumer, CancellationToken stop);

    /// <summary>The consumer of the loop that begins; null at its end.</summary>
    protected void Use(IConsumer? consumer)
    {
        lock (_pausing)
        {
            _consumer = consumer;
        }
    }

    /// <summary>Notes that a record was handled.</summary>
    protected void NoteHandled()
    {
        Interlocked.Increment(ref _handled);
        if (Volatile.Read(ref _failure) is not null)
        {
            Volatile.Write(ref _failure, null);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a loop, the handler goes on after a pause.")]
    private async Task RunAsync(CancellationToken stop)
    {
        HostingLog.Started(logger, name, Log, topics.ToString(), group);
        TimeSpan delay = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            using CancellationTokenSource loop = CancellationTokenSource.CreateLinkedTokenSource(stop);

            // Before the options are read: a change that comes in between ends the loop that has the old ones.
            Volatile.Write(ref _reloading, loop);
            HandlerOptions options = Options;
            long before = Interlocked.Read(ref _handled);
            try
            {
                await LoopAsync(holder.Opened, options, LoopOptions(options), ConsumerOptions(options), loop.Token)
                    .ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (loop.IsCancellationRequested)
            {
                if (!stop.IsCancellationRequested)
                {
                    HostingLog.Reloaded(logger, name, Log);
                }
            }
            catch (Exception failure)
            {
                delay = delay == TimeSpan.Zero || Interlocked.Read(ref _handled) != before
                    ? options.RestartDelay
                    : TimeSpan.FromTicks(Math.Min(
                        delay.Ticks * 2, Math.Max(s_longestDelay.Ticks, options.RestartDelay.Ticks)));
                Volatile.Write(ref _failure, failure);
                HostingLog.Failed(logger, failure, name, Log, delay);
                await WaitAsync(delay, stop).ConfigureAwait(false);
            }
            finally
            {
                Volatile.Write(ref _reloading, null);
            }
        }

        HostingLog.Stopped(logger, name, Log);
    }

    private async Task WaitAsync(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, time, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private ForEachOptions LoopOptions(HandlerOptions options)
    {
        ForEachOptions loop = options.ToForEachOptions();
        bool isLonger = loop.DrainTimeout == Timeout.InfiniteTimeSpan || loop.DrainTimeout > _longestDrain;
        loop.DrainTimeout = isLonger && _longestDrain != TimeSpan.MaxValue ? _longestDrain : loop.DrainTimeout;
        return loop;
    }

    private ConsumerOptions ConsumerOptions(HandlerOptions options) => new()
    {
        ClientName = name,
        Start = options.Start,
        MaxPollInterval = options.MaxPollInterval,
        OnAssigned = (consumer, partitions, _) =>
        {
            lock (_pausing)
            {
                if (_isPaused)
                {
                    Set(consumer, partitions, isPaused: true);
                }
            }

            return ValueTask.CompletedTask;
        },
    };

    private void SetPaused(bool isPaused)
    {
        lock (_pausing)
        {
            if (_isPaused == isPaused)
            {
                return;
            }

            Volatile.Write(ref _isPaused, isPaused);
            if (_consumer is { } consumer)
            {
                try
                {
                    Set(consumer, consumer.Assignment, isPaused);
                }
                catch (ObjectDisposedException)
                {
                    // It has just stopped. The next one begins as this says.
                }
            }
        }

        HostingLog.Paused(logger, name, Log, isPaused);
    }

    private static void Set(IConsumer consumer, IReadOnlyList<TopicPartition> partitions, bool isPaused)
    {
        foreach (TopicPartition partition in partitions)
        {
            try
            {
                if (isPaused)
                {
                    consumer.Pause(partition);
                }
                else
                {
                    consumer.Resume(partition);
                }
            }
            catch (Exception gone) when (gone is ArgumentException or PartitionLostException)
            {
                // Another member has it meanwhile.
            }
        }
    }
}
