using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EmbeddedLog.Diagnostics;

/// <summary>
/// The meter and the source of activities that all logs of the process share. Listeners are code of the user's: they
/// are called under no lock of ours, and what they throw is ignored.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>Made by the first opening; read by everyone.</summary>
    private static Telemetry? s_shared;

    private readonly Meter _meter = new(EmbeddedLogTelemetry.MeterName, Version);

    /// <summary>The logs that are open.</summary>
    private readonly ConcurrentDictionary<ILogFigures, bool> _logs = new();

    private Telemetry()
    {
        Source = Try(() => new ActivitySource(EmbeddedLogTelemetry.ActivitySourceName, Version));
        Sent = Counter("messaging.client.sent.messages", "{message}", "Records that producers sent.");
        SendDuration = Duration(
            "messaging.client.operation.duration", s_seconds, "The time of a send until its acknowledgement.");
        Consumed = Counter(
            "messaging.client.consumed.messages", "{message}", "Records that consumers read for the application.");
        ProcessDuration = Duration(
            "messaging.process.duration", s_seconds, "The time of a handler's attempt at a record.");
        AppendDuration = Duration(
            "embeddedlog.append.duration", s_short, "The time of an append until its records are written.");
        FlushDuration = Duration("embeddedlog.flush.duration", s_short, "The time of a flush of a partition.");
        FlushRecords = new Figure<long>(Try(() => _meter.CreateHistogram<long>(
            "embeddedlog.flush.records",
            "{record}",
            "Records that a flush made durable.",
            advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = s_counts })));
        FlushFailures = Counter("embeddedlog.flush.failures", "{failure}", "Flushes that failed.");
        DeadLetters = Counter("embeddedlog.dead_letters", "{record}", "Records that became dead letters.");
        RemovedSegments = Counter(
            "embeddedlog.retention.segments", "{segment}", "Segments that retention or a deletion removed.");
        RecoveryDuration = Duration("embeddedlog.recovery.duration", s_seconds, "The time of an opening of a log.");
        Gauge("embeddedlog.partition.size", "By", "The bytes of a partition.", log => log.Sizes());
        Gauge("embeddedlog.partition.segments", "{segment}", "The segments of a partition.", log => log.Segments());
        Gauge("embeddedlog.partition.failed", "{partition}", "Partitions of a topic that take no appends.",
            log => log.FailedPartitions());
        Gauge("embeddedlog.pins", "{segment}", "Segments of a log that leases and scans hold.", log => log.Pins());
        Gauge("embeddedlog.consumer.lag", "{record}", "Records that a group has not committed.", log => log.Lags());
        Gauge(
            "embeddedlog.consumer.lag.time",
            "s",
            "The age of the first record that a group has not committed.",
            log => log.LagTimes());
    }

    /// <summary>The telemetry of the process. First used by an opening, under no lock.</summary>
    public static Telemetry Shared => Volatile.Read(ref s_shared) ?? Create();

    /// <summary>Records that producers sent.</summary>
    public Figure<long> Sent { get; }

    /// <summary>Seconds of sends.</summary>
    public Figure<double> SendDuration { get; }

    /// <summary>Records that consumers read.</summary>
    public Figure<long> Consumed { get; }

    /// <summary>Seconds of handlers.</summary>
    public Figure<double> ProcessDuration { get; }

    /// <summary>Seconds of appends.</summary>
    public Figure<double> AppendDuration { get; }

    /// <summary>Seconds of flushes.</summary>
    public Figure<double> FlushDuration { get; }

    /// <summary>Records of flushes.</summary>
    public Figure<long> FlushRecords { get; }

    /// <summary>Flushes that failed.</summary>
    public Figure<long> FlushFailures { get; }

    /// <summary>Dead letters.</summary>
    public Figure<long> DeadLetters { get; }

    /// <summary>Removed segments.</summary>
    public Figure<long> RemovedSegments { get; }

    /// <summary>Seconds of openings.</summary>
    public Figure<double> RecoveryDuration { get; }

    /// <summary>Whether somebody listens to activities.</summary>
    public bool Traces => Source is not null && Source.HasListeners();

    /// <summary>Makes activities; null where a listener kept it from being made.</summary>
    public ActivitySource? Source { get; }

    private static string? Version => typeof(Telemetry).Assembly.GetName().Version?.ToString(3);

    /// <summary>The bounds that the conventions give for messaging, in seconds.</summary>
    private static readonly double[] s_seconds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] s_short =
        [0.000_000_1, 0.000_001, 0.000_01, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 1, 10];

    private static readonly long[] s_counts = [1, 2, 5, 10, 20, 50, 100, 1_000, 10_000, 100_000];

    /// <summary>Begins to give the figures of a log.</summary>
    public void Add(ILogFigures log) => _logs.TryAdd(log, true);

    /// <summary>Ends that.</summary>
    public void Remove(ILogFigures log) => _logs.TryRemove(log, out _);

    /// <summary>Ends what another one took the place of. The shared one lives as long as the process.</summary>
    public void Dispose() => Try<object>(() =>
    {
        _meter.Dispose();
        Source?.Dispose();
        return null;
    });

    /// <summary>Begins an activity, which is then the current one; null where nobody wants it.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="operation">The operation's name.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="parent">The activity that it belongs to; default for the current one, or none.</param>
    public Activity? Begin(ActivityKind kind, string operation, string topic, ActivityContext parent = default)
    {
        Activity? activity = Try(() => Source?.StartActivity($"{operation} {topic}", kind, parent));
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(TelemetryTags.System, TelemetryTags.SystemName);
            activity.SetTag(TelemetryTags.Operation, operation);
            activity.SetTag(TelemetryTags.OperationType, operation);
            activity.SetTag(TelemetryTags.Topic, topic);
        }

        return activity;
    }

    /// <summary>Ends an activity.</summary>
    /// <param name="activity">The activity; null for none.</param>
    /// <param name="failure">What it failed with; null if it did not.</param>
    public static void End(Activity? activity, Exception? failure)
    {
        if (activity is null)
        {
            return;
        }

        if (failure is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, failure.Message);
            activity.SetTag(TelemetryTags.ErrorType, failure.GetType().FullName);
        }

        Try<object>(() =>
        {
            activity.Dispose();
            return null;
        });
    }

    /// <summary>
    /// Lets what begins next belong to no activity. In an asynchronous method, whose end takes it back.
    /// </summary>
    public static void LeaveCurrent() => Try<object>(() =>
    {
        Activity.Current = null;
        return null;
    });

    /// <summary>Runs code that may call a listener; null where that threw.</summary>
    private static T? Try<T>(Func<T?> run)
        where T : class
    {
        try
        {
            return run();
        }
#pragma warning disable CA1031 // It is the listener's own, and the log goes on.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private static Telemetry Create()
    {
        // No static initializer: making instruments calls listeners, and the runtime's lock would be held meanwhile.
        Telemetry made = new();
        if (Interlocked.CompareExchange(ref s_shared, made, null) is not { } first)
        {
            return made;
        }

        made.Dispose();
        return first;
    }

    private Figure<long> Counter(string name, string unit, string description) =>
        new(Try(() => _meter.CreateCounter<long>(name, unit, description)));

    private Figure<double> Duration(string name, double[] bounds, string description) =>
        new(Try(() => _meter.CreateHistogram(
            name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds })));

    private void Gauge<T>(
        string name, string unit, string description, Func<ILogFigures, IEnumerable<Measurement<T>>> of)
        where T : struct =>
        Try(() => _meter.CreateObservableGauge(name, () => Collect(of), unit, description));

    /// <summary>The figures of all logs; one that is being closed does not hide the others.</summary>
    private List<Measurement<T>> Collect<T>(Func<ILogFigures, IEnumerable<Measurement<T>>> of)
        where T : struct
    {
        List<Measurement<T>> all = [];
        foreach (ILogFigures log in _logs.Keys)
        {
            try
            {
                all.AddRange(of(log));
            }
            catch (Exception failure) when (failure is EmbeddedLogException or ObjectDisposedException)
            {
            }
        }

        return all;
    }
}
