using EmbeddedLog.Segments.Reading;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Segments.Reading;

/// <summary>A thread that finds the memory of a segment which another one is just mapping.</summary>
public sealed class FirstReadersTests : IDisposable
{
    private const int Mappings = 20_000;
    private readonly TempDirectory _directory = new();

    /// <summary>
    /// What is mapped may be read at once, all of it: a reader that found less would take the segment for damaged. Real
    /// threads on a real disk, one that maps and one that looks.
    /// </summary>
    [Fact]
    public async Task IsMapped_SeenByAnotherThread_AllOfItIsReadable()
    {
        await using CommitLog log = await CommitLog.OpenAsync(_directory.Path);
        Topic topic = await log.CreateTopicAsync("topic", new TopicOptions { SegmentBytes = 16 << 10 });
        byte[] value = new byte[11_000];
        topic[0].Append(new RawRecord(value));
        topic[0].Append(new RawRecord(value));
        await log.FlushAsync();
        Segment ended = topic[0].Log.Segments.Items[0];
        SegmentResources resources = log.Parts.Segments;
        string directory = Path.GetDirectoryName(ended.Path)!;

        Segment? current = null;
        bool over = false;
        int bad = 0;
        Thread looking = new(() =>
        {
            while (!Volatile.Read(ref over))
            {
                if (Volatile.Read(ref current) is { IsMapped: true } segment)
                {
                    bad += segment.ReadableBytes < ended.EndPosition ? 1 : 0;
                    Volatile.Write(ref current, null);
                }
            }
        });
        looking.Start();
        for (int i = 0; i < Mappings; i++)
        {
            OwnedSegment segment = new(resources, ended.Partition, directory, ended.Entry);
            segment.End(ended.EndOffset, ended.EndPosition);
            Volatile.Write(ref current, segment);
            Map(segment);
            segment.Remove();
        }

        Volatile.Write(ref over, true);
        looking.Join();
        Assert.Equal(0, bad);
    }

    public void Dispose() => _directory.Dispose();

    private static unsafe void Map(OwnedSegment segment) => segment.GetBase();
}
