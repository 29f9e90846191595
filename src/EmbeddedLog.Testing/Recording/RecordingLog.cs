using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing.Recording;

/// <summary>The log of one life, as the user sees it: each call goes through the machine, and is noted.</summary>
internal sealed class RecordingLog(TestMachine machine, History history) : ICommitLog
{
    private readonly CallGate _gate = new(machine);
    private readonly CommitLog _inner = machine.Log;

    /// <summary>Names consumers that have no other name; changed atomically.</summary>
    private int _consumers;

    public IConsumer<TKey, TValue> CreateConsumer<TKey, TValue>(
        Subscription topics,
        string? group = null,
        ConsumerOptions? options = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
    {
        _gate.ThrowIfDead();
        string member = CodeScope.Current?.Member ?? options?.ClientName
            ?? $"consumer-{Interlocked.Increment(ref _consumers)}";
        RecordingConsumer<TKey, TValue>? consumer = null;
        ConsumerOptions recorded = RecordedOptions.Of(
            options, history, group, member, () => consumer!, machine, _gate.Life);
        consumer = new RecordingConsumer<TKey, TValue>(
            _inner.CreateConsumer(topics, group, recorded, keys, values), _gate, machine, history, member);
        return consumer;
    }

    public IProducer<TKey, TValue> CreateProducer<TKey, TValue>(
        string topic,
        ProducerOptions? options = null,
        ISerializer<TKey>? keys = null,
        ISerializer<TValue>? values = null)
    {
        _gate.ThrowIfDead();
        return new RecordingProducer<TKey, TValue>(
            _inner.CreateProducer(topic, options, keys, values),
            _gate,
            history,
            options?.Durability ?? new ProducerOptions().Durability);
    }

    public ValueTask<IReadOnlyList<TopicDescription>> ListTopicsAsync(CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.ListTopicsAsync(cancellationToken));

    public ValueTask<TopicDescription> DescribeTopicAsync(
        string topic, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.DescribeTopicAsync(topic, cancellationToken));

    public ValueTask<IReadOnlyList<string>> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.ListGroupsAsync(cancellationToken));

    public ValueTask<GroupDescription> DescribeGroupAsync(
        string group, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.DescribeGroupAsync(group, cancellationToken));

    public ValueTask<TopicDescription> CreateTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => ((ICommitLog)_inner).CreateTopicAsync(topic, options, cancellationToken));

    public ValueTask<TopicDescription> EnsureTopicAsync(
        string topic, TopicOptions? options = null, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => ((ICommitLog)_inner).EnsureTopicAsync(topic, options, cancellationToken));

    public ValueTask AddPartitionsAsync(string topic, int total, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.AddPartitionsAsync(topic, total, cancellationToken));

    public ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.DeleteTopicAsync(topic, cancellationToken));

    public ValueTask<GroupResetReport> ResetGroupAsync(
        string group,
        GroupReset to,
        IReadOnlyList<string>? topics = null,
        bool dryRun = false,
        CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.ResetGroupAsync(group, to, topics, dryRun, cancellationToken));

    public ValueTask DeleteGroupAsync(
        string group, string? topic = null, CancellationToken cancellationToken = default) =>
        _gate.CallAsync(() => _inner.DeleteGroupAsync(group, topic, cancellationToken));

    public ValueTask DisposeAsync() => _gate.CloseAsync(_inner.DisposeAsync);

    public void Dispose() => _gate.Close(_inner.Dispose);
}
