using EmbeddedLog.Concurrency;
using EmbeddedLog.Coordination.Groups;
using EmbeddedLog.Coordination.Offsets;
using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Coordination.Administration;

/// <summary>
/// Deletes what a group has committed when it had no consumer for as long as the retention of offsets says, while the
/// log was open. It looks now and then, which is all that writes anything; and it tends the files of the offsets.
/// </summary>
/// <remarks>
/// The first look at which a group has no consumer notes the time for which the log was open until then, and a consumer
/// removes that note. Each look after it notes the time again, as long as there is a group without a consumer. What a
/// kill loses of that makes the log younger, or a group used: offsets live longer, and never shorter.
/// </remarks>
internal sealed class OffsetExpiry : IBackgroundTask
{
    /// <summary>How often it looks, at most, and at least in the time of a retention.</summary>
    private const int LooksPerRetention = 10;

    private static readonly TimeSpan s_longestInterval = TimeSpan.FromMinutes(10);

    private readonly OffsetStore _offsets;
    private readonly GroupCoordinator _groups;
    private readonly BackgroundSchedule _schedule;
    private readonly TimeProvider _time;
    private readonly TimeSpan _retention;
    private readonly ILogger _logger;
    private readonly TimeSpan _interval;

    /// <summary>The time for which the log was open before, in milliseconds, and the time stamp of now.</summary>
    private readonly long _openBefore;
    private readonly long _openedAt;

    /// <param name="offsets">What is committed.</param>
    /// <param name="groups">The groups that have consumers.</param>
    /// <param name="schedule">Calls this.</param>
    /// <param name="time">The clock; only the time that passes counts.</param>
    /// <param name="retention">The retention, or <see cref="Timeout.InfiniteTimeSpan"/>.</param>
    /// <param name="logger">Logs what was deleted, and failures.</param>
    public OffsetExpiry(
        OffsetStore offsets,
        GroupCoordinator groups,
        BackgroundSchedule schedule,
        TimeProvider time,
        TimeSpan retention,
        ILogger logger)
    {
        _offsets = offsets;
        _groups = groups;
        _schedule = schedule;
        _time = time;
        _retention = retention;
        _logger = logger;
        TimeSpan interval = retention / LooksPerRetention;
        _interval = IsForEver || interval > s_longestInterval ? s_longestInterval : interval;
        _openBefore = offsets.Times.OpenTime;
        _openedAt = time.GetTimestamp();
    }

    private bool IsForEver => _retention == Timeout.InfiniteTimeSpan;

    /// <summary>Begins.</summary>
    public void Start() => _schedule.Schedule(this, _interval);

    /// <inheritdoc/>
    public void RunInBackground()
    {
        try
        {
            _offsets.Log.TendFiles();
            if (!IsForEver)
            {
                Look();
            }
        }
        catch (Exception failure) when (failure is IOException or EmbeddedLogException or ObjectDisposedException)
        {
            GroupsLog.NotExpired(_logger, failure);
        }

        _schedule.Schedule(this, _interval);
    }

    private void Look()
    {
        long now = _openBefore + (long)_time.GetElapsedTime(_openedAt).TotalMilliseconds;
        bool isAnyEmpty = false;
        _offsets.ReadClock();
        foreach ((string group, (long? since, bool hasCommitted)) in _offsets.Times.List())
        {
            if (_groups.IsUsed(group))
            {
                // Also the note of a consumer that could not write it.
                _offsets.Times.NoteUsed(group);
            }
            else if (!hasCommitted)
            {
                // What it had committed went with a topic.
                _groups.TryWhileUnused(group, () => _offsets.Remove(group, topic: null));
            }
            else if (since is not { } from)
            {
                isAnyEmpty |= _groups.TryWhileUnused(group, () => _offsets.Times.NoteEmpty(group, now));
            }
            else if (now - from < _retention.TotalMilliseconds)
            {
                isAnyEmpty = true;
            }
            else
            {
                Expire(group);
            }
        }

        if (isAnyEmpty)
        {
            _offsets.Times.NoteOpenTime(now);
        }
    }

    private void Expire(string group)
    {
        IReadOnlyList<TopicPartition> removed = [];
        _groups.TryWhileUnused(group, () => removed = _offsets.Remove(group, topic: null));
        if (removed.Count > 0)
        {
            GroupsLog.Expired(_logger, group, _retention, removed);
        }
    }
}
