using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Producing;

/// <summary>Sending allocates nothing once everything that is reused has been made.</summary>
public sealed class ProducerAllocationTests
{
    private const int Records = 2000;

    private static readonly byte[] s_key = [1, 2, 3, 4];
    private static readonly byte[] s_value = new byte[40];

    [Theory]
    [InlineData(Durability.Written)]
    [InlineData(Durability.Flushed)]
    public void TryProduce_Bytes_AllocatesNothing(Durability durability)
    {
        using ProducerFixture topic = Create();
        Producer<byte[], byte[]> producer = topic.Create(Serdes.Bytes, Serdes.Bytes, durability);

        AssertFree(topic, () => producer.TryProduce(s_key, s_value, out _));
    }

    [Theory]
    [InlineData("site-7")]
    [InlineData("a key of more characters than those that are encoded without the buffer of the thread")]
    public void TryProduce_TextAndBytes_AllocatesNothing(string key)
    {
        using ProducerFixture topic = Create();
        Producer<string, byte[]> producer = topic.Create(Serdes.Utf8, Serdes.Bytes, Durability.Written);

        AssertFree(topic, () => producer.TryProduce(key, s_value, out _));
    }

    [Fact]
    public void TryProduce_Text_AllocatesNothing()
    {
        using ProducerFixture topic = Create();
        Producer<string, string> producer = topic.Create();

        AssertFree(topic, () => producer.TryProduce("site-7", "some value, with \u00e4\u00f6\u00fc", out _));
    }

    [Fact]
    public void TryProduce_HeadersAndTimestamp_AllocatesNothing()
    {
        using ProducerFixture topic = Create();
        Producer<string, string> producer = topic.Create(Durability.Written);
        Headers headers = new() { { "trace", "0123456789abcdef" } };

        AssertFree(topic, () => producer.TryProduce(
            new ProducerRecord<string, string>("k", "v") { Headers = headers, Timestamp = DateTimeOffset.UnixEpoch },
            out _));
    }

    [Fact]
    public void TryProduce_WithoutRoom_AllocatesNothing()
    {
        using ProducerFixture topic = Create();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: 64);
        Assert.True(producer.TryProduce("k", new string('v', 30), out _));

        AssertFree(topic, () => !producer.TryProduce("k", "v", out _), settle: false);
    }

    [Fact]
    public void ProduceAsync_Written_AllocatesNothing()
    {
        using ProducerFixture topic = Create();
        Producer<string, string> producer = topic.Create(Durability.Written);

        AssertFree(topic, () => Result(producer.ProduceAsync("site-7", "value")).Offset >= 0);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(500)]
    public void ProduceAsync_ManyInFlight_AllocatesNothing(long maxInFlightBytes)
    {
        // With the small bound, most of them wait for room first.
        using ProducerFixture topic = Create();
        Producer<string, string> producer = topic.Create(maxInFlightBytes: maxInFlightBytes);
        using CancellationTokenSource source = new();
        ValueTask<RecordMetadata>[] sent = new ValueTask<RecordMetadata>[100];
        long allocated = 0;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < sent.Length; i++)
            {
                sent[i] = producer.ProduceAsync("site-7", "value", i % 2 == 0 ? source.Token : default);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            topic.Settle();
            before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < sent.Length; i++)
            {
                Result(sent[i]);
            }

            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static ProducerFixture Create() => new(settings: PartitionFixture.Settings(segmentBytes: 4 << 20));

    private static RecordMetadata Result(ValueTask<RecordMetadata> task) => task.GetAwaiter().GetResult();

    private static void AssertFree(ProducerFixture topic, Func<bool> send, bool settle = true)
    {
        for (int i = 0; i < Records; i++)
        {
            Assert.True(send());
        }

        if (settle)
        {
            topic.Settle();
        }

        bool all = true;
        int allocating = 0;
        for (int i = 0; i < Records; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            all &= send();
            allocating += GC.GetAllocatedBytesForCurrentThread() == before ? 0 : 1;
        }

        // The partition's index grows every few pages; what a send itself allocates, each one does.
        Assert.InRange(allocating, 0, Records / 50);
        Assert.True(all);
    }
}
