using EmbeddedLog.Partitions;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Testing.Model;

/// <summary>
/// Checks what retention may and must remove from a partition, by the segments before and the records of the model, not
/// by the log's own times.
/// </summary>
internal sealed class RetentionCheck
{
    private readonly PartitionLog _log;
    private readonly PartitionModel _model;
    private readonly RetentionPolicy _policy;
    private readonly long _now;
    private readonly long _startBefore;

    /// <summary>What may be removed: more records can become durable during retention.</summary>
    private readonly long _durableBefore;

    /// <param name="log">The partition, before retention is applied to it.</param>
    /// <param name="model">Its model.</param>
    /// <param name="now">Unix milliseconds.</param>
    public RetentionCheck(PartitionLog log, PartitionModel model, long now)
    {
        _log = log;
        _model = model;
        _policy = log.Settings.Retention;
        _now = now;
        _startBefore = log.StartOffset;
        _durableBefore = log.DurableEnd;
    }

    /// <summary>Returns the violation; or null.</summary>
    /// <param name="complete">Whether retention was able to finish.</param>
    public string? FindFault(bool complete)
    {
        long start = _log.StartOffset;
        long limit = _policy.MaxBytesPerPartition ?? long.MaxValue;
        bool tooLarge = _log.SizeBytes >= limit;
        if (start > _startBefore && !tooLarge && !AllExpired(_startBefore, start))
        {
            return $"retention of {_policy} removed records up to {start} that were not due";
        }

        if (start > _log.DurableEnd)
        {
            return $"retention moved the start to {start}, beyond what is durable, {_log.DurableEnd}";
        }

        // Records that are below the start already, in a segment that a recovery has cut there, go with the next
        // segment.
        SegmentList segments = _log.Segments;
        Segment? first = segments.Count > 1 ? segments.Items[0] : null;
        if (!complete || first is null || first.EndOffset > _durableBefore || first.EndOffset <= start)
        {
            return null;
        }

        bool due = _log.SizeBytes - first.EndPosition >= limit || AllExpired(first.BaseOffset, first.EndOffset);
        return due ? $"{_policy} left records {first.BaseOffset} to {first.EndOffset}, which are due" : null;
    }

    private bool AllExpired(long from, long to)
    {
        if (_policy.MaxAge is not { } age)
        {
            return false;
        }

        for (long offset = from; offset < to; offset++)
        {
            if (_now - _model.Records[(int)offset].Timestamp <= age.TotalMilliseconds)
            {
                return false;
            }
        }

        return true;
    }
}
