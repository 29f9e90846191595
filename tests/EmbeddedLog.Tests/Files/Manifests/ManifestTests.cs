using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Testing.Faults;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Files.Manifests;

public sealed class ManifestTests : SmallFileTest
{
    private string ManifestPath => PathOf(Manifest.FileName);

    [Fact]
    public void Open_MissingFile_MakesAnEmptyOne()
    {
        using (Manifest manifest = Open())
        {
            Assert.Empty(manifest.Segments);
            Assert.Equal(0, manifest.LogStartOffset);
            Assert.Equal(1U, manifest.NextSequence);
            Assert.False(manifest.HasUnflushed);
        }

        byte[] header = new byte[ManifestHeader.Bytes];
        new ManifestHeader(TopicUid, Id.Partition).Write(header);
        Assert.Equal(header, ReadFile(ManifestPath));
        Assert.Equal([Manifest.FileName], Files.ListFiles(Root));
    }

    // A crash between the creation of the unfinished file and its renaming.
    [Fact]
    public void Open_UnfinishedFileLeftBehind_ReplacesIt()
    {
        WriteFile(ManifestPath + ".new", "half"u8);

        Open().Dispose();

        Assert.Equal([Manifest.FileName], Files.ListFiles(Root));
    }

    [Fact]
    public void Add_NotFlushed_SurvivesTheProcess()
    {
        SegmentEntry[] added;
        using (Manifest manifest = Open())
        {
            SomeSegments.Extend(manifest, 3);
            added = [.. manifest.Segments];
            Assert.True(manifest.HasUnflushed);
        }

        using Manifest reopened = Open();
        Assert.Equal(added, reopened.Segments);
        Assert.Equal(4U, reopened.NextSequence);
        Assert.Equal(0, reopened.TornBytes);
    }

    [Fact]
    public void Add_SegmentThatDoesNotFit_ChangesNothing()
    {
        using Manifest manifest = Open();
        SomeSegments.Extend(manifest, 2);
        byte[] before = ReadFile(ManifestPath);

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => manifest.Add(SomeSegments.Next(manifest) with { PredecessorUid = 99 }));

        Assert.Contains("orders-3", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, ReadFile(ManifestPath));
        Assert.Equal(2, manifest.Segments.Count);
    }

    [Fact]
    public void SetLogStart_Reopened_KeepsStartAndNextSequence()
    {
        using (Manifest manifest = Open())
        {
            SomeSegments.Extend(manifest, 3);
            manifest.SetLogStart(250, 3);
        }

        using Manifest reopened = Open();
        Assert.Equal(250, reopened.LogStartOffset);
        Assert.Equal([3U], reopened.Segments.Select(s => s.Sequence));
        Assert.Equal(4U, reopened.NextSequence);
    }

    [Fact]
    public void SetLogStart_Unchanged_WritesNothing()
    {
        using Manifest manifest = Open();
        SomeSegments.Extend(manifest, 2);
        manifest.SetLogStart(150, 2);
        long length = LengthOf(ManifestPath);

        manifest.SetLogStart(150, 2);

        Assert.Equal(length, LengthOf(ManifestPath));
        Assert.Throws<ArgumentException>(() => manifest.SetLogStart(149, 2));
        Assert.Equal(length, LengthOf(ManifestPath));
    }

    [Fact]
    public void Open_NothingProven_FlushesOnceMore()
    {
        using (Manifest manifest = Open())
        {
            SomeSegments.Extend(manifest, 3);
            manifest.SetLogStart(150, 2);
            manifest.Flush();
        }

        byte[] before = ReadFile(ManifestPath);
        long flushes = FlushCount;
        using (Manifest manifest = Open())
        {
            Assert.True(manifest.HasUnflushed);
            manifest.Flush();
            Assert.False(manifest.HasUnflushed);
        }

        Assert.Equal(before, ReadFile(ManifestPath));
        Assert.Equal(flushes + 1, FlushCount);
        using Manifest trusting = Open(isOnDisk: true);
        Assert.False(trusting.HasUnflushed);
    }

    [Fact]
    public void Flush_NothingNew_MakesNoCall()
    {
        using Manifest manifest = Open();
        SomeSegments.Extend(manifest, 1);
        manifest.Flush();
        long flushes = FlushCount;

        manifest.Flush();

        Assert.Equal(flushes, FlushCount);
    }

    [Fact]
    public void AddAllDurably_Several_TakesThemInOneStep()
    {
        SegmentEntry[] expected;
        using (Manifest manifest = Open())
        {
            SomeSegments.Extend(manifest, 3);
            SegmentEntry kept = manifest.Segments[0];
            SegmentEntry first = SomeSegments.After(kept, 4);
            SegmentEntry second = SomeSegments.After(first, 5);

            manifest.AddAllDurably([first, second]);

            expected = [kept, first, second];
            Assert.Equal(expected, manifest.Segments);
            Assert.False(manifest.HasUnflushed);
        }

        using Manifest reopened = Open(isOnDisk: true);
        Assert.Equal(expected, reopened.Segments);
    }

    [Fact]
    public void Flush_FileMostlyHistory_RewritesIt()
    {
        using (Manifest manifest = Open())
        {
            Slide(manifest, 2000);
            manifest.Flush();
            Assert.InRange(LengthOf(ManifestPath), 64, 64 * 8);
            Slide(manifest, 10);
        }

        using Manifest reopened = Open();
        Assert.Equal(2010L * 100, reopened.LogStartOffset);
        Assert.Equal([2011U, 2012U], reopened.Segments.Select(s => s.Sequence));
    }

    [Fact]
    public void Open_FileMostlyHistory_RewritesIt()
    {
        using (Manifest manifest = Open())
        {
            Slide(manifest, 2000);
        }

        using Manifest reopened = Open(isOnDisk: true);
        Assert.InRange(LengthOf(ManifestPath), 64, 64 * 8);
        Assert.Equal([2001U, 2002U], reopened.Segments.Select(s => s.Sequence));
        Assert.False(reopened.HasUnflushed);
    }

    [Fact]
    public void Open_OfAnotherPartition_SaysWhich()
    {
        Open().Dispose();

        CorruptLogException byTopic = Assert.Throws<CorruptLogException>(
            () => Manifest.Open(Files, Root, TopicUid + 1, Id));
        CorruptLogException byNumber = Assert.Throws<CorruptLogException>(
            () => Manifest.Open(Files, Root, TopicUid, new TopicPartition("orders", 4)));

        Assert.Equal("the manifest of partition 3 of topic 1112131415161719", byTopic.Expected);
        Assert.Equal("that of partition 3 of topic 1112131415161718", byTopic.Actual);
        Assert.Equal(4, byNumber.Partition);
        Assert.Equal("orders", byNumber.Topic);
        Assert.Equal(ManifestPath, byNumber.File);
        Assert.Equal(0, byNumber.Position);
    }

    [Fact]
    public async Task Flush_WhileSegmentsAreAdded_LosesNothing()
    {
        bool done = false;
        using (Manifest manifest = Open())
        {
            Task flushing = Task.Run(
                () =>
                {
                    while (!Volatile.Read(ref done))
                    {
                        manifest.Flush();
                    }
                },
                TestContext.Current.CancellationToken);
            try
            {
                Slide(manifest, 5000);
            }
            finally
            {
                Volatile.Write(ref done, true);
                await flushing;
            }

            manifest.Flush();
            Assert.False(manifest.HasUnflushed);
        }

        using Manifest reopened = Open();
        Assert.Equal([5001U, 5002U], reopened.Segments.Select(s => s.Sequence));
        Assert.Equal(500_000, reopened.LogStartOffset);
    }

    private long FlushCount => ((SimulatedFileSystem)Files).Disk.Counters.CountOf(FaultKind.Flush);

    private Manifest Open(bool isOnDisk = false) => Manifest.Open(Files, Root, TopicUid, Id, isOnDisk);

    /// <summary>Adds segments and drops as many, so that two stay.</summary>
    private static void Slide(Manifest manifest, int count)
    {
        SomeSegments.Extend(manifest, 2 - manifest.Segments.Count);
        for (int i = 0; i < count; i++)
        {
            SomeSegments.Extend(manifest, 1);
            SegmentEntry first = manifest.Segments[1];
            manifest.SetLogStart(first.BaseOffset, first.Sequence);
        }
    }
}
