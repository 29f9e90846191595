using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace EmbeddedLog.Tests.Diagnostics;

/// <summary>Listens to what logs tell of one topic: other tests of the process have logs too.</summary>
internal sealed class Listening : IDisposable
{
    private const string TopicTag = "messaging.destination.name";

    private readonly string _topic;
    private readonly MeterListener _meters = new();
    private readonly ActivityListener? _activities;

    /// <param name="topic">The topic.</param>
    /// <param name="metrics">Whether metrics are listened to.</param>
    /// <param name="activities">Whether activities are listened to.</param>
    /// <param name="onCall">Called at each call of a listener, first of all; or null.</param>
    public Listening(string topic, bool metrics = true, bool activities = true, Action? onCall = null)
    {
        _topic = topic;
        if (metrics)
        {
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == EmbeddedLogTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<long>((each, value, tags, _) => Take(each, value, tags, onCall));
            _meters.SetMeasurementEventCallback<double>((each, value, tags, _) => Take(each, value, tags, onCall));
            _meters.Start();
        }

        if (activities)
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == EmbeddedLogTelemetry.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                {
                    if (options.Name.EndsWith($" {_topic}", StringComparison.Ordinal))
                    {
                        onCall?.Invoke();
                    }

                    return ActivitySamplingResult.AllDataAndRecorded;
                },
                ActivityStarted = activity => CallFor(activity, onCall),
                ActivityStopped = activity =>
                {
                    if (CallFor(activity, onCall))
                    {
                        Activities.Enqueue(activity);
                    }
                },
            };
            ActivitySource.AddActivityListener(_activities);
        }
    }

    public ConcurrentQueue<Told> Measurements { get; } = [];

    public ConcurrentQueue<Activity> Activities { get; } = [];

    /// <summary>What was told by one instrument so far.</summary>
    public Told[] Of(string instrument) => [.. Measurements.Where(each => each.Instrument == instrument)];

    /// <summary>Asks for what is told only when it is asked for.</summary>
    public Told[] Collect(string instrument)
    {
        int before = Measurements.Count;
        _meters.RecordObservableInstruments();
        return [.. Measurements.Skip(before).Where(each => each.Instrument == instrument)];
    }

    public void Dispose()
    {
        _meters.Dispose();
        _activities?.Dispose();
    }

    private void Take(
        Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, Action? onCall)
    {
        Dictionary<string, object?> all = new(tags.ToArray());
        if (all.TryGetValue(TopicTag, out object? topic) && topic as string == _topic)
        {
            Measurements.Enqueue(new Told(instrument.Name, value, all));
            onCall?.Invoke();
        }
    }

    private bool CallFor(Activity activity, Action? onCall)
    {
        bool isOurs = activity.DisplayName.EndsWith($" {_topic}", StringComparison.Ordinal);
        if (isOurs)
        {
            onCall?.Invoke();
        }

        return isOurs;
    }

    /// <summary>One measurement.</summary>
    internal sealed record Told(string Instrument, double Value, Dictionary<string, object?> Tags);
}
