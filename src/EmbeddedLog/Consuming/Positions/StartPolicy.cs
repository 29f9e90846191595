namespace EmbeddedLog.Consuming.Positions;

/// <summary>The start of a consumer: an offset or a time, or else <see cref="At"/>.</summary>
/// <param name="At">The start if neither of the others is set.</param>
/// <param name="Offset">The offset in each partition; not set together with the time.</param>
/// <param name="Time">The time of the first record to read.</param>
internal readonly record struct StartPolicy(StartAt At, long? Offset = null, DateTimeOffset? Time = null)
{
    /// <summary>The first record still present.</summary>
    public static StartPolicy Earliest => default;

    /// <summary>The policy for a target.</summary>
    public static StartPolicy Of(SeekTarget to) =>
        to == SeekTarget.Beginning ? Earliest
        : to.Time is { } time ? new StartPolicy(StartAt.Earliest, Time: time)
        : new StartPolicy(StartAt.Latest);

    /// <summary>Whether the policy is to throw. In valid options it is then the only one set.</summary>
    public bool IsError => At == StartAt.Error;
}
