namespace EmbeddedLog;

/// <summary>
/// What an application needs of a log, wherever it runs: topics, producers and consumers. <see cref="CommitLog"/> is
/// one in a directory. Code that takes this, <see cref="IProducer{TKey, TValue}"/> and
/// <see cref="IConsumer{TKey, TValue}"/> can move to another implementation without a change.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. What only a log in a directory can do (backup, verification, retention
/// on demand, reading bytes without a copy) stays on <see cref="CommitLog"/>.
/// </remarks>
public interface ICommitLog : ILogReader
{
    /// <summary>Makes a producer for a topic. Any number of them may send to one topic at the same time.</summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topic">The topic's name. Over a network, whether it exists is seen at the first send.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns keys into bytes; null for the type's own, or JSON.</param>
    /// <param name="values">Turns values into bytes; null likewise.</param>
    /// <exception cref="ArgumentException">The options are out of bounds; the message tells all faults.</exception>
    /// <exception cref="InvalidOperationException">A type has no serializer, or is not all in JSON.</exception>
    /// <exception cref="UnknownTopicException">There is no such topic.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    IProducer<TKey, TValue> CreateProducer<TKey, TValue>(
        string topic,
        ProducerOptions? options = null,
        ISerializer<TKey>? keys = null,
        ISerializer<TValue>? values = null);

    /// <summary>Makes a topic.</summary>
    /// <param name="topic">1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', as in Kafka.</param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was made then.</param>
    /// <exception cref="ArgumentException">Name or options are not valid; the message tells all faults.</exception>
    /// <exception cref="TopicConflictException">There is a topic of that name.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<TopicDescription> CreateTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Makes a topic, or applies the options to the one that there is.</summary>
    /// <param name="topic">1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', as in Kafka.</param>
    /// <param name="options">
    /// Null for the defaults of a new topic, and to leave one that exists as it is. Copied: later changes have no
    /// effect.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was changed then.</param>
    /// <exception cref="ArgumentException">Name or options are not valid; the message tells all faults.</exception>
    /// <exception cref="TopicConflictException">
    /// The topic exists with options that cannot be changed, such as the number of its partitions.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<TopicDescription> EnsureTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds partitions to a topic while it is used, as Kafka's <c>CreatePartitions</c>. Keys move: records with the
    /// same key may be in another partition from now on, so that their order holds among those appended after this, and
    /// among those before, but not between the two.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="total">How many partitions the topic is to have: more than it has.</param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was added then.</param>
    /// <exception cref="ArgumentOutOfRangeException">No topic can have so many, or so few.</exception>
    /// <exception cref="TopicConflictException">The topic has as many, or more. Nothing was changed.</exception>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask AddPartitionsAsync(string topic, int total, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes a topic with all its records and the offsets that groups have committed for it. Producers and consumers
    /// of the topic fail from then on, with <see cref="UnknownTopicException"/>.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="cancellationToken">Ends the waiting for another change of topics; nothing was deleted then.</param>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves what a group without members has committed, so that its next member begins elsewhere. When it returns, the
    /// commits are flushed.
    /// </summary>
    /// <param name="group">The group's name; it need not exist if topics are named.</param>
    /// <param name="to">Where to.</param>
    /// <param name="topics">Topics, with all partitions; null for those in which the group has committed.</param>
    /// <param name="dryRun">Whether only to tell what would change.</param>
    /// <param name="cancellationToken">
    /// Before the commits: nothing is changed. After it: ends the waiting for their flush.
    /// </param>
    /// <returns>What has changed, or would change.</returns>
    /// <exception cref="ArgumentException">The name cannot be a group's.</exception>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing, and no topics are named.</exception>
    /// <exception cref="UnknownTopicException">There are no such topics.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<GroupResetReport> ResetGroupAsync(
        string group,
        GroupReset to,
        IReadOnlyList<string>? topics = null,
        bool dryRun = false,
        CancellationToken cancellationToken = default);

    /// <summary>Deletes what a group without members has committed. When it returns, that is flushed.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="topic">The topic for which; null for all, which deletes the group.</param>
    /// <param name="cancellationToken">Before the deletion: nothing is changed. After it: ends the waiting.</param>
    /// <exception cref="GroupActiveException">The group has members.</exception>
    /// <exception cref="UnknownGroupException">It has committed nothing there.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask DeleteGroupAsync(string group, string? topic = null, CancellationToken cancellationToken = default);
}
