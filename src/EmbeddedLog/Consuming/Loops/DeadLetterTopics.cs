using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Topics;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Consuming.Loops;

/// <summary>The topics of a log as places for dead letters. Safe to use from any thread.</summary>
/// <param name="topics">The topics that there are.</param>
/// <param name="ensure">Makes a topic, or returns the one that another caller has made.</param>
internal sealed class DeadLetterTopics(
    TopicSet topics, Func<string, TopicOptions, CancellationToken, ValueTask<Topic>> ensure)
{
    /// <summary>Appends a record that could not be handled, and completes when that is on the disk.</summary>
    /// <param name="topic">The topic of dead letters; made if it is missing.</param>
    /// <param name="record">The record.</param>
    /// <param name="sources">What the consumer reads.</param>
    /// <param name="group">Its group, or null.</param>
    /// <param name="cancellationToken">Before the append: nothing is appended. After it: ends the waiting.</param>
    public async ValueTask<TopicPartitionOffset> KeepAsync(
        string topic, FailedRecord record, Subscription sources, string? group, CancellationToken cancellationToken)
    {
        if (!topics.TryGet(topic, out Topic? target))
        {
            target = await ensure(topic, OptionsFor(record.At.Topic, sources), cancellationToken)
                .ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
        int number = record.At.Partition % target.PartitionCount;
        OwnedPartition partition = target[number];
        Headers headers = DeadLetterHeaders.Of(record, group);
        long offset = partition.Append(RecordOf(record.Key, record.Value, headers));
        await partition.FlushAsync(offset + 1, cancellationToken).ConfigureAwait(false);
        return new TopicPartitionOffset(topic, number, offset);
    }

    /// <summary>Appends the record of a dead letter to where it came from, and flushes it.</summary>
    /// <param name="deadLetter">The dead letter.</param>
    /// <param name="cancellationToken">Before the append: nothing is appended. After it: ends the waiting.</param>
    /// <exception cref="InvalidOperationException">It is no dead letter.</exception>
    public async ValueTask<RecordMetadata> RequeueAsync(
        TopicPartitionOffset deadLetter, CancellationToken cancellationToken)
    {
        (TopicPartition source, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, Headers headers) =
            Read(deadLetter);
        OwnedPartition partition = Get(source.Topic)[source.Partition];
        cancellationToken.ThrowIfCancellationRequested();
        long offset = partition.Log.Append(RecordOf(key, value, headers), out long timestamp);
        await partition.FlushAsync(offset + 1, cancellationToken).ConfigureAwait(false);
        return new RecordMetadata(
            source.Topic, source.Partition, offset, UnixTime.ToDateTimeOffset(timestamp));
    }

    private static RawRecord RecordOf(ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, Headers headers) => new()
    {
        Key = key.GetValueOrDefault().Span,
        HasKey = key is not null,
        Value = value.GetValueOrDefault().Span,
        IsTombstone = value is null,
        Timestamp = RawRecord.NoTimestamp,
        Headers = headers.AsSpan(),
    };

    private (TopicPartition Source, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, Headers Headers) Read(
        TopicPartitionOffset at)
    {
        OwnedPartition partition = Get(at.Topic)[at.Partition];
        using PartitionScan scan = partition.Scan(at.Offset);
        if (!scan.TryRead(out RecordView record) || record.Offset != at.Offset)
        {
            throw ConsumerErrors.NoSuchRecord(at, partition.StartOffset, partition.EndOffset);
        }

        if (!DeadLetterHeaders.TrySplit(record.Headers.ToHeaders(), out TopicPartition source, out Headers own))
        {
            throw ConsumerErrors.NoDeadLetter(at);
        }

        ReadOnlyMemory<byte>? key = record.HasKey ? record.Key.ToArray().AsMemory() : null;
        ReadOnlyMemory<byte>? value = record.IsTombstone ? null : record.Value.ToArray().AsMemory();
        return (source, key, value, own);
    }

    private Topic Get(string name) =>
        topics.TryGet(name, out Topic? topic) ? topic : throw TopicErrors.Unknown(name, topics.All);

    /// <summary>
    /// What a new topic has: one partition, so that dead letters lie together; room for the largest record that the
    /// consumer may read; and otherwise what the first one's source has.
    /// </summary>
    private TopicOptions OptionsFor(string source, Subscription sources)
    {
        // As far as segments can be: what is larger than that is refused, and stops its partition.
        const int MaxRecordBytes = (1 << 30) - TopicOptions.SegmentReserveBytes;
        TopicOptions options = topics.TryGet(source, out Topic? first) ? first.Options : new TopicOptions();
        int largest = topics.All.Where(topic => sources.Includes(topic.Name))
            .Select(topic => topic.Options.EffectiveMaxRecordBytes)
            .Append(options.EffectiveMaxRecordBytes)
            .Max();
        int record = Math.Min(largest + DeadLetterHeaders.MaxBytes, MaxRecordBytes);
        return new TopicOptions
        {
            Retention = options.Retention,
            MaxRecordBytes = record,
            SegmentBytes = Math.Max(options.SegmentBytes, record + TopicOptions.SegmentReserveBytes),
            SegmentAge = options.SegmentAge,
            WriteMode = options.WriteMode,
        };
    }
}
