using EmbeddedLog.Hosting.Opening;

namespace EmbeddedLog.Hosting.Injection;

/// <summary>A log that its first asynchronous call opens. Disposing it closes the log.</summary>
/// <param name="holder">Opens the log.</param>
internal sealed class DeferredLog(LogHolder holder) : ICommitLog
{
    public IProducer<TKey, TValue> CreateProducer<TKey, TValue>(
        string topic, ProducerOptions? options, ISerializer<TKey>? keys, ISerializer<TValue>? values) =>
        holder.Opened.CreateProducer(topic, options, keys, values);

    public IConsumer<TKey, TValue> CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group,
        ConsumerOptions? options,
        IDeserializer<TKey>? keys,
        IDeserializer<TValue>? values) => holder.Opened.CreateConsumer(topics, group, options, keys, values);

    public async ValueTask<TopicDescription> CreateTopicAsync(
        string topic, TopicOptions? options, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .CreateTopicAsync(topic, options, cancellationToken).ConfigureAwait(false);

    public async ValueTask<TopicDescription> EnsureTopicAsync(
        string topic, TopicOptions? options, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .EnsureTopicAsync(topic, options, cancellationToken).ConfigureAwait(false);

    public async ValueTask AddPartitionsAsync(string topic, int total, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .AddPartitionsAsync(topic, total, cancellationToken).ConfigureAwait(false);

    public async ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .DeleteTopicAsync(topic, cancellationToken).ConfigureAwait(false);

    public async ValueTask<GroupResetReport> ResetGroupAsync(
        string group,
        GroupReset to,
        IReadOnlyList<string>? topics,
        bool dryRun,
        CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .ResetGroupAsync(group, to, topics, dryRun, cancellationToken).ConfigureAwait(false);

    public async ValueTask DeleteGroupAsync(string group, string? topic, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .DeleteGroupAsync(group, topic, cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .ListTopicsAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .DescribeTopicAsync(topic, cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .ListGroupsAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<GroupDescription> DescribeGroupAsync(string group, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken).ConfigureAwait(false))
            .DescribeGroupAsync(group, cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => holder.DisposeAsync();

    public void Dispose() => holder.Dispose();

    private async ValueTask<ICommitLog> OpenAsync(CancellationToken cancellationToken) =>
        await holder.OpenAsync(cancellationToken).ConfigureAwait(false);
}
