namespace EmbeddedLog.Testing.FsCheck.Programs;

/// <summary>Plays one program on a simulated log, and checks laws on what has happened.</summary>
internal sealed class ProgramPlayer<TKey, TValue>(
    ProgramSettings<TKey, TValue> settings,
    Func<LogProgramContext<TKey, TValue>, CancellationToken, Task> service,
    LogProgram program,
    bool hasContext)
{
    /// <summary>How far the clock is moved for what the members still wait for.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(1);

    /// <summary>Longer than a member may take before another one gets its partitions.</summary>
    private static readonly TimeSpan s_stuck = TimeSpan.FromMinutes(6);

    /// <summary>By the member's number, those that run.</summary>
    private readonly SortedDictionary<int, ProgramMember<TKey, TValue>> _members = [];

    private readonly TestLog _host = TestLog.Simulated(program.Seed, options: null, hasContext);

    /// <summary>What the last member that ended early has ended with.</summary>
    private Exception? _lastFailure;

    private EffectSink<TValue>? _sink;
    private int _sent;
    private bool _isSlow;

    /// <summary>Plays it; throws if a law is broken, or if the service cannot be repeated.</summary>
    public void Play(Law[] laws)
    {
        try
        {
            _host.RunAsync(PlayAsync, s_patience * 30).GetAwaiter().GetResult();
            try
            {
                _host.RunAsync(FinishAsync, s_patience * 30).GetAwaiter().GetResult();
            }
            catch (SimulationException stuck) when (!stuck.HasLeft)
            {
                // A law says more about it than that the group is behind.
                Check(laws);
                throw new LawViolationException(
                    $"The service does not come to its end. {stuck.Message}"
                    + (_lastFailure is null ? "" : $"\nIts last failure: {_lastFailure}")
                    + $"\nseed: {program.Seed}\n{_host.History}");
            }

            Check(laws);
        }
        finally
        {
            _host.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    /// <summary>Notes a failure of a member, for who looks for a reason.</summary>
    public void NoteFailure(Exception failure) => _lastFailure = failure;

    private void Check(Law[] laws) => _host.CheckAsync(hasEnded: true, laws).AsTask().GetAwaiter().GetResult();

    private async Task PlayAsync()
    {
        await _host.Log.EnsureTopicAsync(settings.Topic, new TopicOptions
        {
            Partitions = settings.Partitions,
            SegmentBytes = 64 << 10,
        }).ConfigureAwait(false);
        _sink = _host.CreateSink<TValue>();
        int first = settings.Rebalances ? 1 : settings.Members;
        for (int number = 0; number < first; number++)
        {
            Start(number);
        }

        foreach (ProgramStep step in program.Steps)
        {
            await DoAsync(step).ConfigureAwait(false);
            if (step.Settles)
            {
                await _host.SettleAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task DoAsync(ProgramStep step)
    {
        int number = step.Number % settings.Members;
        switch (step.Kind)
        {
            case ProgramStepKind.Send:
                await SendAsync(step.Number).ConfigureAwait(false);
                break;
            case ProgramStepKind.Start:
                Start(number);
                break;
            case ProgramStepKind.Stop:
                await StopAsync(number).ConfigureAwait(false);
                break;
            case ProgramStepKind.Kill:
                await CrashAsync(Crash.Kill).ConfigureAwait(false);
                break;
            case ProgramStepKind.PowerLoss:
                await CrashAsync(Crash.PowerLoss(step.Number)).ConfigureAwait(false);
                break;
            case ProgramStepKind.Fail:
                _sink!.FailNext(afterEffect: step.Number % 2 == 1);
                break;
            case ProgramStepKind.Slow:
                _isSlow = !_isSlow;
                _sink!.SlowDown(
                    !_isSlow ? TimeSpan.Zero
                    : settings.Rebalances && step.Number % 2 == 0 ? s_stuck
                    : TimeSpan.FromSeconds(1));
                break;
            case ProgramStepKind.Wait:
                await _host.AdvanceAsync(step.Span).ConfigureAwait(false);
                break;
            case ProgramStepKind.Jump:
                _host.JumpClock(TimeSpan.FromMinutes(step.Number - 20));
                break;
        }
    }

    private async Task SendAsync(int number)
    {
        IProducer<TKey, TValue> producer = _host.Log.CreateProducer<TKey, TValue>(settings.Topic);
        await using (producer.ConfigureAwait(false))
        {
            for (int i = 0; i <= number % 3; i++)
            {
                TKey key = settings.Key((number + (i / 2)) % settings.Keys);
                await producer.ProduceAsync((key, settings.Value(key, _sent++))).ConfigureAwait(false);
            }
        }
    }

    private void Start(int number)
    {
        if (!_members.ContainsKey(number))
        {
            ProgramMember<TKey, TValue> member = new(this, _host, service, settings, _sink!, number);
            _members.Add(number, member);
            member.Start();
        }
    }

    private async Task StopAsync(int number)
    {
        if (_members.Remove(number, out ProgramMember<TKey, TValue>? member))
        {
            await member.StopAsync().ConfigureAwait(false);
        }
    }

    private async Task CrashAsync(Crash crash)
    {
        int[] running = [.. _members.Keys];
        _members.Clear();
        await _host.CrashAsync(crash).ConfigureAwait(false);
        foreach (int number in running)
        {
            Start(number);
        }
    }

    /// <summary>In the end the sink works, at least one member runs, and the group commits everything.</summary>
    private async Task FinishAsync()
    {
        _sink!.SlowDown(TimeSpan.Zero);
        _sink.ForgetFailures();
        if (_members.Count == 0)
        {
            Start(0);
        }

        if (_sent > 0)
        {
            await _host.WaitForLagAsync(settings.Group, 0, s_patience).ConfigureAwait(false);
        }

        foreach (int number in _members.Keys.ToArray())
        {
            await StopAsync(number).ConfigureAwait(false);
        }
    }
}
