using System.Diagnostics;

namespace EmbeddedLog.Diagnostics;

/// <summary>
/// The trace to which a record belongs, in its headers: <c>traceparent</c>, <c>tracestate</c> and <c>baggage</c> of the
/// W3C, or what <see cref="DistributedContextPropagator.Current"/> writes instead.
/// </summary>
internal static class TraceHeaders
{
    /// <summary>The headers with an activity's trace; as they are without an activity, or if it has none.</summary>
    public static Headers? Inject(Activity? activity, Headers? headers)
    {
        if (activity is null)
        {
            return headers;
        }

        try
        {
            Headers copy = headers is null ? new Headers() : new Headers(headers);
            DistributedContextPropagator.Current.Inject(activity, copy, static (carrier, name, value) =>
            {
                // What a record that is passed on had from its own producer goes.
                var all = (Headers)carrier!;
                all.Remove(name);
                all.Add(name, value);
            });
            return copy.Count == 0 ? headers : copy;
        }
#pragma warning disable CA1031 // The propagator is the user's. Without a trace the record is still a record.
        catch (Exception)
#pragma warning restore CA1031
        {
            return headers;
        }
    }

    /// <summary>The activity that sent a record; default where its headers tell none.</summary>
    public static ActivityContext Extract(Headers headers)
    {
        if (headers.Count == 0)
        {
            return default;
        }

        try
        {
            DistributedContextPropagator.Current.ExtractTraceIdAndState(
                headers, Get, out string? parent, out string? state);
            return ActivityContext.TryParse(parent, state, isRemote: true, out ActivityContext context)
                ? context
                : default;
        }
#pragma warning disable CA1031 // The propagator is the user's, and headers come from anywhere.
        catch (Exception)
#pragma warning restore CA1031
        {
            return default;
        }
    }

    private static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values)
    {
        values = null;
        value = ((Headers)carrier!).TryGetLast(name, out Header header) ? header.GetString() : null;
    }
}
