using System.Runtime.CompilerServices;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>A consumer and its loop, which begins again whenever a failure has ended it.</summary>
#pragma warning disable CA1001 // A source without a timer needs no disposal.
internal sealed class HandlingModelMember
#pragma warning restore CA1001
{
    private readonly HandlingModel _model;
    private readonly ForEachOptions _options;
    private CancellationTokenSource _stop = new();
    private bool _isLeaving;
    private Task _loop = Task.CompletedTask;

    /// <param name="model">The group.</param>
    /// <param name="log">The log.</param>
    /// <param name="options">How it handles.</param>
    public HandlingModelMember(HandlingModel model, CommitLog log, ForEachOptions options)
    {
        _model = model;
        _options = options;
        Consumer = log.CreateConsumer<string?, string>(
            "topic", "group", new ConsumerOptions { MaxPollInterval = Timeout.InfiniteTimeSpan });
    }

    public Consumer<string?, string> Consumer { get; }

    /// <summary>Whether it was disposed in the middle: its partitions are others' at once.</summary>
    public bool IsGone { get; private set; }

    public void Begin() => _loop = LoopAsync();

    /// <summary>Stops the loop; it begins again.</summary>
    public void Restart() => _stop.Cancel();

    /// <summary>Stops the loop for good.</summary>
    public async Task LeaveAsync()
    {
        _isLeaving = true;
        _stop.Cancel();
        await _loop;
        await Consumer.DisposeAsync();
    }

    public async Task DisposeAsync()
    {
        IsGone = true;
        await Consumer.DisposeAsync();
        await _loop;
    }

    public void ThrowIfFailed()
    {
        Assert.InRange(Consumer.RecordsInHand, 0, _options.MaxRecordsInHand);
        if (_loop.IsFaulted)
        {
            _loop.GetAwaiter().GetResult();
        }
    }

    private async Task LoopAsync()
    {
        while (!_isLeaving)
        {
            // What a loop has left behind after its timeout does not count for the next one.
            StrongBox<int> running = new();
            try
            {
                await Consumer.ForEachAsync(
                    (record, token) => _model.HandleAsync(this, running, record, token), _options, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                _stop = new CancellationTokenSource();
            }
            catch (HandlerException)
            {
                // Stopped by the policy: what is not finished comes again.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>What handlers throw.</summary>
    internal sealed class HandlerException : Exception
    {
        public HandlerException()
        {
        }

        public HandlerException(string message)
            : base(message)
        {
        }

        public HandlerException(string message, Exception inner)
            : base(message, inner)
        {
        }
    }
}
