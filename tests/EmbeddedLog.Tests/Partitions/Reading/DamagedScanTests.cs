using System.Text;
using EmbeddedLog.IO;
using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Partitions.Reading;

/// <summary>Damage hides what it has hit, and nothing else.</summary>
public sealed class DamagedScanTests : IDisposable
{
    /// <summary>Enough for several entries of the index, which stand 4 KiB apart.</summary>
    private const int Records = 200;

    private readonly SimulatedPlatform _simulation = new(seed: 1);

    /// <summary>
    /// Of a frame in a segment that is written to, or that has ended: its length, its checksum, its body.
    /// </summary>
    public static TheoryData<bool, int> Places => new()
    {
        { false, 0 }, { false, 3 }, { false, 5 }, { false, 30 },
        { true, 0 }, { true, 3 }, { true, 5 }, { true, 30 },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void Scan_FromEachOffset_ThrowsOnlyWhereTheRecordIsDamaged(bool ended, int at) =>
        Check(ended, hasIndex: true, at);

    /// <summary>An index that must be made again meets the damage.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(30)]
    public void Scan_WithoutAnIndex_ThrowsOnlyWhereTheRecordIsDamaged(int at) =>
        Check(ended: true, hasIndex: false, at);

    public void Dispose() => _simulation.Dispose();

    private void Check(bool ended, bool hasIndex, int at)
    {
        TopicFixture topic = TopicFixture.On(_simulation);
        List<(long Offset, int Count, long Position)> frames = [];
        for (int i = 0; topic.Log.PublishedEnd < Records; i++)
        {
            long position = topic.Log.Writer.TailPosition;
            long offset = topic.Log.PublishedEnd;
            Append(topic, i % 7 == 3 ? 5 : 1);
            frames.Add((offset, (int)(topic.Log.PublishedEnd - offset), position));
        }

        if (ended)
        {
            topic.Log.Writer.Roll(topic.Log.Settings, 0);
            Append(topic, 1);
        }

        Segment segment = topic.Log.FindSegment(0)!;
        string path = segment.Path;
        foreach ((long offset, int count, long position) in frames.Where((_, i) => i % 9 is 3 or 4))
        {
            Invert(path, position + at);
            if (!hasIndex)
            {
                segment.Index.Drop();
                _simulation.Platform.Files.DeleteFile(segment.IndexPath);
            }

            for (long from = 0; from < topic.Log.PublishedEnd; from++)
            {
                bool isDamaged = from >= offset && from < offset + count;
                Assert.Equal(isDamaged ? null : from, TryReadFirst(topic, from));
            }

            Invert(path, position + at);
        }
    }

    private static void Append(TopicFixture topic, int count)
    {
        byte[] value = Encoding.UTF8.GetBytes(new string('x', 100));
        if (count == 1)
        {
            topic.Log.Append(new RawRecord("key"u8, value), out _);
            return;
        }

        RecordBatch batch = new();
        for (int i = 0; i < count; i++)
        {
            batch.Add(new RawRecord("key"u8, value));
        }

        topic.Log.Append(batch, out _);
    }

    private static long? TryReadFirst(TopicFixture topic, long from)
    {
        try
        {
            using PartitionScan scan = topic.Log.Scan(from);
            Assert.True(scan.TryRead(out RecordView record));
            return record.Offset;
        }
        catch (CorruptLogException failure)
        {
            Assert.Equal(from, failure.Offset);
            return null;
        }
    }

    private void Invert(string path, long position)
    {
        using LogFile file = _simulation.Platform.Files.OpenFile(path, FileOpening.ReadWrite);
        byte[] old = new byte[1];
        file.Read(old, position);
        file.Write([(byte)~old[0]], position);
    }
}
