namespace EmbeddedLog;

/// <summary>
/// What reads of a log need, wherever it runs: consumers, and what topics there are. <see cref="ReadOnlyLog"/> is one
/// over the files of another process; every <see cref="ICommitLog"/> is one too.
/// </summary>
/// <remarks>
/// All members are safe to call from any thread. What needs a network where the log is a cluster is asynchronous; here
/// it completes at once.
/// </remarks>
public interface ILogReader : IAsyncDisposable, IDisposable
{
    /// <summary>
    /// Makes a consumer of all partitions of a topic. Consumers of different groups, or of none, read independently of
    /// each other.
    /// </summary>
    /// <typeparam name="TKey">The type of the keys.</typeparam>
    /// <typeparam name="TValue">The type of the values.</typeparam>
    /// <param name="topics">
    /// What to read; a topic's name converts to it. Over a network, whether it exists is seen at the first read.
    /// </param>
    /// <param name="group">
    /// The group whose committed offsets the consumer goes on from and commits to, as Kafka's <c>group.id</c>; null to
    /// begin where the options say, each time, and commit nothing.
    /// </param>
    /// <param name="options">Null for the defaults. Copied: later changes have no effect.</param>
    /// <param name="keys">Turns bytes into keys; null for the type's own, or JSON.</param>
    /// <param name="values">Turns bytes into values; null likewise.</param>
    /// <exception cref="ArgumentException">
    /// The group's name or the options are not valid, or this reader has no groups; the message tells all faults.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The group has a consumer of one of the partitions already, or a type has no deserializer; the message tells what
    /// to do.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A topic has not all the partitions.</exception>
    /// <exception cref="UnknownTopicException">There are no such topics; the message names all of them.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    IConsumer<TKey, TValue> CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group = null,
        ConsumerOptions? options = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null);

    /// <summary>
    /// Describes all topics as of now, by name. Costs what <see cref="DescribeTopicAsync"/> does for each.
    /// </summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Describes a topic as of now: options, sizes, offsets and failures of its partitions. Costs a read of the last
    /// record of each partition, so that it can be asked for each second, and not for each record.
    /// </summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>The names of all groups that have members or have committed, in ordinal order.</summary>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken = default);

    /// <summary>Describes a group: its members, who has which partition, what is committed, and the lag.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="UnknownGroupException">It has no members and has committed nothing.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The log was disposed.</exception>
    ValueTask<GroupDescription> DescribeGroupAsync(string group, CancellationToken cancellationToken = default);
}
