using EmbeddedLog.Tests.Infrastructure;
using EmbeddedLog.Tests.Producing;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What holds of a whole log on the disk of this machine, as a check that the simulated one, on which the other laws
/// run, leaves nothing out.
/// </summary>
public sealed class RealDiskLaws
{
    private const int Cases = 25;

    [Fact]
    public void WhatIsSentIsReadBackInOrderWithoutAGapAcrossReopening() =>
        Prop.ForAll(Plans().ToArbitrary(), async plan =>
        {
            using TempDirectory root = new();
            var sent = new List<ProducerRecord<byte[], byte[]>>[plan.Partitions];
            for (int i = 0; i < sent.Length; i++)
            {
                sent[i] = [];
            }

            foreach (ProducerRecord<byte[], byte[]>[] life in plan.Lives)
            {
                await using CommitLog log = await CommitLog.OpenAsync(root["log"]);
                await log.EnsureTopicAsync("topic", plan.Options());
                await using var producer = log.CreateProducer<byte[], byte[]>("topic");
                Task<RecordMetadata>[] sends = [.. life.Select(record => producer.ProduceAsync(record).AsTask())];
                RecordMetadata[] written = await Task.WhenAll(sends);
                foreach ((ProducerRecord<byte[], byte[]> record, RecordMetadata metadata) in life.Zip(written))
                {
                    // Nothing was awaited in between, so each partition has its records in the order of the calls.
                    Assert.Equal(sent[metadata.Partition].Count, metadata.Offset);
                    sent[metadata.Partition].Add(record with { Timestamp = metadata.Timestamp });
                }
            }

            await using CommitLog reopened = await CommitLog.OpenAsync(root["log"]);
            foreach (OwnedPartition partition in reopened.GetTopic("topic").Partitions)
            {
                AssertHolds(partition, sent[partition.Number], from: 0);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    [Fact]
    public void WhatIsLeftAfterATrimIsWhatWasSentFromThereOn() =>
        Prop.ForAll(Plans().ToArbitrary(), Gen.Choose(0, 100).ToArbitrary(), async (plan, percent) =>
        {
            using TempDirectory root = new();
            ProducerRecord<byte[], byte[]>[] records = [.. plan.Lives.SelectMany(life => life)];
            long start = 0;
            await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
            {
                Topic topic = await log.CreateTopicAsync("topic", plan.Options());
                await using var producer = log.CreateProducer<byte[], byte[]>("topic");
                for (int i = 0; i < records.Length; i++)
                {
                    Assert.True(producer.TryProduce(records[i] with { Partition = 0 }, out RecordMetadata written));
                    records[i] = records[i] with { Timestamp = written.Timestamp };
                }

                await producer.FlushAsync();
                topic[0].Log.DeleteBefore(records.Length * percent / 100);
                start = topic[0].StartOffset;
                Assert.InRange(start, 0, records.Length * percent / 100);
                AssertHolds(topic[0], records, start);
            }

            await using CommitLog reopened = await CommitLog.OpenAsync(root["log"]);
            OwnedPartition left = reopened.GetTopic("topic")[0];
            Assert.Equal(start, left.StartOffset);
            AssertHolds(left, records, start);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));

    private static void AssertHolds(
        OwnedPartition partition, IReadOnlyList<ProducerRecord<byte[], byte[]>> sent, long from)
    {
        IReadOnlyList<StoredRecord> stored = StoredRecord.ReadAll(partition);
        Assert.Equal(sent.Count - from, stored.Count);
        foreach (StoredRecord record in stored)
        {
            ProducerRecord<byte[], byte[]> expected = sent[(int)from];
            Assert.Equal(from++, record.Offset);
            Assert.Equal(expected.Key, record.Key);
            Assert.Equal(expected.Value, record.Value);
            Assert.Equal(expected.Headers ?? Headers.Empty, record.Headers);
            Assert.Equal(expected.Timestamp!.Value.ToUnixTimeMilliseconds(), record.Timestamp);
        }
    }

    private static Gen<Plan> Plans() =>
        from partitions in Gen.Choose(1, 3)
        from mode in Gen.Elements(WriteMode.Auto, WriteMode.Positional)
        from lives in Gen.Choose(1, 3)
        from records in Gen.ArrayOf(Gen.ArrayOf(Records(), 20), lives)
        select new Plan(partitions, mode, records);

    /// <summary>Large enough that a few of them fill a segment.</summary>
    private static Gen<ProducerRecord<byte[], byte[]>> Records()
    {
        Gen<byte[]?> bytes =
            from length in Gen.Frequency((1, Gen.Constant(-1)), (5, Gen.Choose(0, 200)), (4, Gen.Choose(0, 6_000)))
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select length < 0 ? null : RandomBytes(length, seed);
        return from key in bytes
               from value in bytes
               from header in bytes
               from days in Gen.Choose(-10_000, 20_000)
               select new ProducerRecord<byte[], byte[]>(key!, value!)
               {
                   Headers = header is null ? null : new Headers { { "header", header } },
                   Timestamp = days < 0 ? null : DateTimeOffset.UnixEpoch.AddDays(days),
               };
    }

    private static byte[] RandomBytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The records that each opening of a log sends, and to what topic.</summary>
    private sealed record Plan(int Partitions, WriteMode Mode, ProducerRecord<byte[], byte[]>[][] Lives)
    {
        public TopicOptions Options() => new()
        {
            Partitions = Partitions,
            SegmentBytes = 32 << 10,
            WriteMode = Mode,
            Retention = RetentionPolicy.KeepForever,
        };
    }
}
