using EmbeddedLog.Files;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Opening;
using EmbeddedLog.Segments.Index;
using EmbeddedLog.Tests.Files.Manifests;
using EmbeddedLog.Tests.Format;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Files;

/// <summary>What the other tests show on a simulated disk, once on this machine's own.</summary>
public sealed class SmallFilesOnRealDiskTests : SmallFileTest
{
    private readonly TempDirectory _directory;

    public SmallFilesOnRealDiskTests()
        : this(new TempDirectory())
    {
    }

    private SmallFilesOnRealDiskTests(TempDirectory directory)
        : base(RealPlatform.Create(TimeProvider.System).Files, directory.Path) => _directory = directory;

    [Fact]
    public void Manifest_FlushedRewrittenTorn_IsReadBack()
    {
        using (Manifest manifest = Manifest.Open(Files, Root, TopicUid, Id))
        {
            for (int i = 0; i < 1100; i++)
            {
                SomeSegments.Extend(manifest, 1);
                manifest.SetLogStart(manifest.Segments[^1].BaseOffset, manifest.Segments[^1].Sequence);
            }

            manifest.Flush();
            Assert.Equal(192, LengthOf(PathOf(Manifest.FileName)));
            SomeSegments.Extend(manifest, 2);
        }

        WriteFile(PathOf(Manifest.FileName), [.. ReadFile(PathOf(Manifest.FileName)), 1, 2, 3]);
        using Manifest reopened = Manifest.Open(Files, Root, TopicUid, Id);
        Assert.Equal([1100U, 1101U, 1102U], reopened.Segments.Select(s => s.Sequence));
        Assert.Equal(3, reopened.TornBytes);
        reopened.AddAllDurably([SomeSegments.Next(reopened)]);
        Assert.False(reopened.HasUnflushed);
        Assert.Equal([Manifest.FileName], Files.ListFiles(Root));
    }

    [Fact]
    public void Checkpoint_WrittenTwiceAndReopened_IsReadBack()
    {
        Checkpoint expected = new(0, 500, 2, 9, 8192, 100, 1, true);
        using (CheckpointFile file = CheckpointFile.Open(Files, Root, TopicUid, Id))
        {
            file.Write(expected);
            file.Write(expected);
        }

        using (CheckpointFile file = CheckpointFile.Open(Files, Root, TopicUid, Id))
        {
            file.Write(expected);
        }

        using CheckpointFile reopened = CheckpointFile.Open(Files, Root, TopicUid, Id);
        Assert.Equal(expected with { Generation = 3 }, reopened.Current);
    }

    [Fact]
    public void Session_OpenedAndClosed_IsReadBack()
    {
        CacheIdentity identity = Files.GetCacheIdentity(Root);
        using (SessionFile session = SessionFile.Open(Files, Root))
        {
            session.MarkOpen(identity, 1, 2);
            session.MarkClean(Some.ClosedBy(session));
        }

        using SessionFile reopened = SessionFile.Open(Files, Root);
        Assert.True(reopened.Current!.Value.Clean);
        Assert.Equal(identity, reopened.CacheIdentity);
    }

    [Fact]
    public void Index_Saved_IsReadBack()
    {
        SegmentIndex index = new();
        index.Add(5, 5000, 6);
        index.Save(Files, PathOf("00000001.index"), 7, 6000);

        Assert.Equal(5000U, SegmentIndex.TryLoad(Files, PathOf("00000001.index"), 7, 6000)!.FindPosition(5));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _directory.Dispose();
    }
}
