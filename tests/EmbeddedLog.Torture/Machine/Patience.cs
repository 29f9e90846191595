namespace EmbeddedLog.Torture.Machine;

/// <summary>How long a mode waits before it calls something a hang.</summary>
internal static class Patience
{
    /// <summary>
    /// Longer than anything takes that does not hang, also where other programs leave the processors no time: with 50
    /// of them an opening has taken a minute.
    /// </summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(5);
}
