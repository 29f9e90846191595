using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming;

/// <summary>Records that cannot be read.</summary>
public sealed class ConsumerFaultTests : IDisposable
{
    private static readonly TopicPartition s_first = new(TopicFixture.Topic, 0);

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    [Fact]
    public void Deserializer_Throws_ThoseBeforeItComeFirstAndThePositionStays() => Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        NumberDeserializer numbers = new() { Bad = 3 };
        await using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, numbers);
        List<Record<string, int>> good = await consumer.TakeFinishedAsync(3);
        Assert.Equal([0, 1, 2], good.Values());

        for (int attempt = 0; attempt < 2; attempt++)
        {
            RecordDeserializationException failure =
                await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(1));
            Assert.Equal((TopicFixture.Topic, 0, 3L), (failure.Topic, failure.Partition!.Value, failure.Offset!.Value));
            Assert.False(failure.IsKey);
            Assert.Equal("3", Encoding.UTF8.GetString(failure.RawKey!.Value.Span));
            Assert.Equal("3", Encoding.UTF8.GetString(failure.RawValue!.Value.Span));
            Assert.IsType<FormatException>(failure.InnerException);
            Assert.Contains(
                "consumer.Seek(new TopicPartitionOffset(\"topic\", 0, 4))", failure.Message, StringComparison.Ordinal);
            Assert.Equal(3, consumer.Position(s_first));
        }

        consumer.Seek(new TopicPartitionOffset("topic", 0, 4));
        List<Record<string, int>> rest = await consumer.TakeToEndAsync();
        Assert.Equal([4], rest.Values());
    });

    [Fact]
    public void Deserializer_OfKeysThrows_SaysSo() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<int, string> consumer = topic.Consume(new NumberDeserializer { Bad = 0 }, Serdes.Utf8);

        RecordDeserializationException failure =
            await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(1));
        Assert.True(failure.IsKey);
    });

    [Fact]
    public void Deserializer_ThrowsInABatch_TheBatchEndsBeforeIt() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(5);
        await using Consumer<string, int> consumer = topic.Consume(Serdes.Utf8, new NumberDeserializer { Bad = 3 });
        List<int> sizes = [];

        await Assert.ThrowsAsync<RecordDeserializationException>(async () =>
        {
            await foreach (IReadOnlyList<Record<string, int>> batch in consumer.ReadBatchesAsync(10))
            {
                sizes.Add(batch.Count);
            }
        });

        Assert.Equal([3], sizes);
        await consumer.CommitFinishedAsync();
        Assert.Equal(3, topic.Committed());
    });

    [Fact]
    public void Null_IntoATypeWithoutNull_IsADeserializationFailure() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Log.Append(new RawRecord("1"u8), out _);
        topic.Log.Append(RawRecord.Tombstone("2"u8), out _);
        NumberDeserializer numbers = new();
        await using Consumer<int, int> consumer = topic.Consume(numbers, numbers);

        RecordDeserializationException noKey =
            await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(1));
        Assert.True(noKey is { IsKey: true, RawKey: null, RawValue.Length: 1 });
        consumer.Seek(new TopicPartitionOffset("topic", 0, 1));
        RecordDeserializationException tombstone =
            await Assert.ThrowsAsync<RecordDeserializationException>(() => consumer.TakeAsync(1));
        Assert.True(tombstone is { IsKey: false, RawKey.Length: 1, RawValue: null });
        Assert.Equal(0, numbers.Calls - 1);
    });

    [Fact]
    public void Null_IntoANullableStruct_IsNull() => _simulation.Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.Log.Append(new RawRecord([0, 0, 0, 1]), out _);
        topic.Log.Append(RawRecord.Tombstone([0, 0, 0, 2]), out _);
        await using Consumer<int?, int?> consumer = topic.Consume<int?, int?>(
            Serdes.Nullable(Serdes.Int32), Serdes.Nullable(Serdes.Int32));

        List<Record<int?, int?>> records = await consumer.TakeAsync(2);
        Assert.True(records[0] is { Key: null, HasKey: false, Value: 1 });
        Assert.True(records[1] is { Key: 2, Value: null, IsTombstone: true });
    });

    [Fact]
    public void Record_IsDamaged_ThoseBeforeItComeFirstAndThePositionStays() => Run(async () =>
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        topic.AppendNumbers(10);
        long position = topic.Log.Writer.TailPosition;
        topic.AppendNumbers(10);
        await topic.Log.FlushAsync(20, CancellationToken.None);
        using (LogFile file = _simulation.Platform.Files.OpenFile(topic.Log.Segments.Last!.Path, FileOpening.ReadWrite))
        {
            file.Write([0xFF], position + 30);
        }

        await using Consumer<string, string> consumer = topic.Consume();
        Assert.Equal(Reading.Numbers(0, 10), (await consumer.TakeFinishedAsync(10)).Values());
        for (int attempt = 0; attempt < 2; attempt++)
        {
            CorruptLogException failure =
                await Assert.ThrowsAsync<CorruptLogException>(() => consumer.TakeAsync(1));
            Assert.Equal((10L, position), (failure.Offset, failure.Position));
            Assert.Equal(10, consumer.Position(s_first));
        }
    });

    public void Dispose() => _simulation.Dispose();

    /// <summary>With the patience to wait for another attempt.</summary>
    private void Run(Func<Task> body) => _simulation.Run(body, TimeSpan.FromSeconds(1));
}
