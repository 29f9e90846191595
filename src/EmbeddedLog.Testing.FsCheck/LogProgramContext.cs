namespace EmbeddedLog.Testing.FsCheck;

/// <summary>What a member of a service gets when it starts.</summary>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
/// <param name="Log">The log of this life of the process.</param>
/// <param name="Time">The clock: what the service waits for must be this or the log.</param>
/// <param name="Topic">The topic that is sent to.</param>
/// <param name="Group">The group whose commits are watched.</param>
/// <param name="Member">The member's name.</param>
/// <param name="Sink">Takes what the service does.</param>
public sealed record LogProgramContext<TKey, TValue>(
    ICommitLog Log, TimeProvider Time, string Topic, string Group, string Member, EffectSink<TValue> Sink)
{
    /// <summary>A consumer of the topic and the group.</summary>
    /// <param name="options">Its options; null for the defaults.</param>
    public IConsumer<TKey, TValue> CreateConsumer(ConsumerOptions? options = null) =>
        Log.CreateConsumer<TKey, TValue>(Topic, Group, options);
}
