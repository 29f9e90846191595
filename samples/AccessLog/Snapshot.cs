namespace AccessLog;

/// <summary>
/// A group's totals and the offsets they include, in one record: either both are in the log or neither is, so a killed
/// run counts nothing twice and leaves nothing out.
/// </summary>
/// <param name="Next">The offset of the first request that is not included, by partition of the topic.</param>
/// <param name="Totals">The totals of everything before.</param>
/// <typeparam name="TView">The view whose totals these are.</typeparam>
internal sealed record Snapshot<TView>(long[] Next, TView Totals);
