namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>A member of the service's group, which is started again when it ends early, as a host would.</summary>
#pragma warning disable CA1001 // A source without a timer needs no disposal.
internal sealed class ProgramMember<TKey, TValue>(
#pragma warning restore CA1001
    ProgramPlayer<TKey, TValue> player,
    TestLog host,
    Func<LogProgramContext<TKey, TValue>, CancellationToken, Task> service,
    ProgramSettings<TKey, TValue> settings,
    EffectSink<TValue> sink,
    int number)
{
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>The method that messages name: the one in the source for a lambda in it.</summary>
    private string ServiceName
    {
        get
        {
            Type? type = service.Method.DeclaringType;
            while (type is { DeclaringType: { } outer } && type.Name.StartsWith('<'))
            {
                type = outer;
            }

            string method = service.Method.Name.TrimStart('<').Split('>')[0];
            return type is null ? method : $"{type.Name}.{method}";
        }
    }

    private string Name => $"member-{number}";

    public void Start() => _running = host.StartAsync(RunAsync, Name, ServiceName, CancellationToken.None);

    /// <summary>Asks it to stop, and waits until it has.</summary>
    public async Task StopAsync()
    {
#pragma warning disable CA1849 // The asynchronous one goes on in another thread, which a simulation cannot repeat.
        _stop.Cancel();
#pragma warning restore CA1849
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync(CancellationToken never)
    {
        TimeSpan pause = TimeSpan.FromSeconds(1);
        LogProgramContext<TKey, TValue> context =
            new(host.Log, host.Time, settings.Topic, settings.Group, Name, sink);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                // With the context that the service has: without one, the runtime would go on in its pool.
                await service(context, _stop.Token).ConfigureAwait(true);
            }
#pragma warning disable CA1031 // Whatever it is: a host would start it again.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (!_stop.IsCancellationRequested)
                {
                    player.NoteFailure(failure);
                }
            }

            if (!_stop.IsCancellationRequested)
            {
                await WaitAsync(pause).ConfigureAwait(true);
                pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
            }
        }
    }

    /// <summary>A delay whose cancellation goes on where it is, as a simulation needs it.</summary>
    private async Task WaitAsync(TimeSpan pause)
    {
        TaskCompletionSource over = new();
        ITimer timer = host.Time.CreateTimer(_ => over.TrySetResult(), null, pause, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            using CancellationTokenRegistration stopped = _stop.Token.UnsafeRegister(_ => over.TrySetResult(), null);
            await over.Task.ConfigureAwait(false);
        }
    }
}
