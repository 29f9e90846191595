using System.Diagnostics.Metrics;

namespace EmbeddedLog.Diagnostics;

/// <summary>
/// An instrument whose listeners are code of the user's: what they throw is ignored, as with loggers. Never recorded
/// under a lock. Who asks for each record has a copy of its own, which is nearer.
/// </summary>
/// <param name="instrument">The instrument; null where a listener kept it from being made.</param>
internal readonly struct Figure<T>(Instrument<T>? instrument)
    where T : struct
{
    /// <summary>Whether anybody listens.</summary>
    public bool IsOn => instrument is { Enabled: true };

    /// <summary>Adds to a counter, or records a value.</summary>
    public void Record(T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            switch (instrument)
            {
                case Counter<T> counter:
                    counter.Add(value, tags);
                    break;
                case Histogram<T> histogram:
                    histogram.Record(value, tags);
                    break;
            }
        }
#pragma warning disable CA1031 // It is the listener's own, and the log goes on.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
