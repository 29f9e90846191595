namespace EmbeddedLog.Consuming.Positions;

/// <summary>Where a consumer starts: at an offset or a time, or else at what <see cref="At"/> says.</summary>
/// <param name="At">Where, if neither of the others is set.</param>
/// <param name="Offset">The offset in each partition; at most one of this and the next is set.</param>
/// <param name="Time">The time of the first record to read.</param>
internal readonly record struct StartPolicy(StartAt At, long? Offset = null, DateTimeOffset? Time = null)
{
    /// <summary>At the first record that is still there.</summary>
    public static StartPolicy Earliest => default;

    /// <summary>The policy that finds a target.</summary>
    public static StartPolicy Of(SeekTarget to) =>
        to == SeekTarget.Beginning ? Earliest
        : to.Time is { } time ? new StartPolicy(StartAt.Earliest, Time: time)
        : new StartPolicy(StartAt.Latest);

    /// <summary>Whether it says not to guess. Options that are valid say it alone.</summary>
    public bool IsError => At == StartAt.Error;
}
