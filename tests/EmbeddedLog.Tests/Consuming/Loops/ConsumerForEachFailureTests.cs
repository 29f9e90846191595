using System.Text;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Loops;

/// <summary>What the policy for failures gets of a record, and records that cannot be read.</summary>
public sealed class ConsumerForEachFailureTests : ForEachFixture
{
    private readonly List<FailedRecord> _failed = [];

    [Fact]
    public void FailureHandler_ARecordFails_GetsItsBytesAsStored()
    {
        Header[] headers = [new Header("trace", "1")];
        Topic[0].Append(new RawRecord("key"u8, "a!"u8) { Headers = headers, Timestamp = 7 });
        Topic[0].Append(new RawRecord("b!"u8));
        Topic[0].Append(new RawRecord(""u8, "c!"u8));
        Topic[0].Append(new RawRecord("k"u8, "d"u8));
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Deciding(FailureAction.Skip));

        Assert.Equal(["key=a!", "null=b!", "=c!"], _failed.Select(Text));
        Assert.Equal("trace", Assert.Single(_failed[0].Headers).Key);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(7), _failed[0].Timestamp);
        Assert.Equal(4, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ATombstoneFails_GetsNoValue()
    {
        Topic[0].Append(RawRecord.Tombstone("key"u8));
        using Consumer<string, string?> consumer = Log.CreateConsumer<string, string?>("orders", "g");
        SynchronizationContext.SetSynchronizationContext(null);

        Task loop = consumer.ForEachAsync(
            (_, _) => throw new InvalidOperationException(), Deciding(FailureAction.Skip), StopSource.Token);
        Machine.Scheduler.RunUntilIdle();

        Assert.Equal("key=null", Text(Assert.Single(_failed)));
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ManyRecordsFail_GetsTheBytesOfEach()
    {
        string[] values = [.. Enumerable.Range(0, 3_000).Select(i => $"k{i}:{i}!")];
        Append(0, values);
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Deciding(FailureAction.Skip));

        Assert.Equal(
            values.Select(value => value.Replace(':', '=')).Order(), _failed.Select(Text).Order());
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ARecordCannotBeRead_GetsItInItsTurn()
    {
        Append(0, "a", "k1:bad", "c");
        using Consumer<string?, string> consumer = ConsumePickily();
        Hold("a");
        Task loop = Start(consumer, Deciding(FailureAction.Skip));
        Assert.Empty(_failed);
        Release("a");

        FailedRecord failed = Assert.Single(_failed);
        Assert.Equal("k1=bad", Text(failed));
        Assert.Equal(0, failed.Attempts);
        Assert.Equal(1, failed.At.Offset);
        Assert.IsType<FormatException>(Assert.IsType<RecordDeserializationException>(failed.Error).InnerException);
        Assert.Equal(["a+", "a-", "c+", "c-"], Events);
        Assert.Equal(3, consumer.Position(Partition(0)));
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_ByKey_GetsWhatCannotBeReadBehindItsKey()
    {
        Append(0, "k1:a", "k1:bad", "k2:bad", "k1:d");
        using Consumer<string?, string> consumer = ConsumePickily();
        Hold("a");
        ForEachOptions options = Deciding(FailureAction.Skip);
        options.OrderBy = ProcessingOrder.Key;

        Task loop = Start(consumer, options);
        Assert.Equal(["k2=bad"], _failed.Select(Text));
        Release("a");

        Assert.Equal(["k2=bad", "k1=bad"], _failed.Select(Text));
        Assert.Equal(["a+", "a-", "d+", "d-"], Events);
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_StopsAtWhatCannotBeRead_LeavesItToTheNextRead()
    {
        Append(0, "a", "bad", "c");
        using Consumer<string?, string> consumer = ConsumePickily();

        Task loop = Start(consumer, Deciding(FailureAction.Stop));

        RecordDeserializationException failure = Assert.Throws<RecordDeserializationException>(loop.Ended);
        Assert.Equal(1, consumer.Position(Partition(0)));
        Assert.Equal(1, consumer.Committed(Partition(0)));
        Assert.Throws<RecordDeserializationException>(() => Machine.Run(() => consumer.TakeAsync(1)));
        consumer.Skip(failure);
        Assert.Equal(["c"], Machine.Run(() => consumer.TakeAsync(1)).Values());
    }

    [Fact]
    public void FailureHandler_IsCancelledAtWhatCannotBeRead_HandsOutNothingInItsPlace()
    {
        Append(0, "k1:a", "k2:bad", "k3:c");
        using Consumer<string?, string> consumer = ConsumePickily();
        Hold("a");
        Task loop = Start(consumer, new ForEachOptions
        {
            OrderBy = ProcessingOrder.Key,
            OnFailure = FailureAction.Skip,
        });
        StopSource.Cancel();
        Machine.Scheduler.RunUntilIdle();
        Advance(30);

        Assert.ThrowsAny<OperationCanceledException>(loop.Ended);
        Assert.Equal(["a"], Machine.Run(() => consumer.TakeAsync(1)).Values());
        Assert.Throws<RecordDeserializationException>(() => Machine.Run(() => consumer.TakeFinishedAsync(3)));
    }

    [Fact]
    public void OnFailure_SkipsWhatCannotBeRead_WarnsAndGoesOn()
    {
        Append(0, "bad", "b");
        using Consumer<string?, string> consumer = ConsumePickily();

        Task loop = Start(consumer, new ForEachOptions
        {
            OnFailure = FailureAction.Skip,
            Retry = new RetryOptions { MaxAttempts = 5 },
        });

        Assert.Equal(["b+", "b-"], Events);
        Assert.Contains("Warning: Record orders-0@0 was skipped: it cannot be read.", Lines.All);
        Stop(loop);
    }

    [Fact]
    public void FailureHandler_AnUnknownAction_StopsAndSaysSo()
    {
        Append(0, "a!");
        using Consumer<string?, string> consumer = Consume();

        Task loop = Start(consumer, Deciding((FailureAction)7));

        AggregateException both = Assert.Throws<AggregateException>(loop.Ended);
        Assert.IsType<InvalidOperationException>(both.InnerExceptions[0]);
        Assert.Equal(
            "The failure handler chose 7 for record orders-0@0, which is no FailureAction. Return one of its names.",
            both.InnerExceptions[1].Message);
    }

    [Fact]
    public void MaxBytesInHand_Headers_Count()
    {
        Header[] headers = [new Header("name", new string('v', 95))];
        for (int i = 0; i < 5; i++)
        {
            Topic[0].Append(new RawRecord("k"u8, "a"u8) { Headers = headers });
        }

        using Consumer<string?, string> consumer = Consume();
        Hold("a");

        Task loop = Start(consumer, new ForEachOptions { MaxBytesInHand = 150 });

        Assert.Equal(2, consumer.RecordsInHand);
        Release("a");
        Stop(loop);
    }

    private static string Text(FailedRecord record) => $"{Text(record.Key)}={Text(record.Value)}";

    private static string Text(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } some ? Encoding.UTF8.GetString(some.Span) : "null";

    private Consumer<string?, string> ConsumePickily() =>
        Log.CreateConsumer<string?, string>("orders", "g", values: new PickyDeserializer());

    private ForEachOptions Deciding(FailureAction action) => new()
    {
        FailureHandler = (record, _) =>
        {
            _failed.Add(record);
            return ValueTask.FromResult(action);
        },
    };
}
