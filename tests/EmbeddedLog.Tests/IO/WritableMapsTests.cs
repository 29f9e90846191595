using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.IO;

/// <summary>Which stores a flush visits on the systems where it has to visit maps (macOS, Windows).</summary>
public sealed class WritableMapsTests
{
    private readonly WritableMaps _maps = new();

    [Fact]
    public void Sync_SeveralMaps_VisitsThePartOfTheRangeThatEachHas()
    {
        Map whole = Add(1000);
        Map shorter = Add(150);
        Map shortest = Add(100);

        _maps.Sync(100, 200);

        Assert.Equal([(100, 200)], whole.Synced);
        Assert.Equal([(100, 50)], shorter.Synced);
        Assert.Empty(shortest.Synced);
    }

    [Fact]
    public void Sync_EmptyRange_VisitsNone()
    {
        Map map = Add(1000);

        _maps.Sync(100, 0);

        Assert.Empty(map.Synced);
    }

    [Fact]
    public void Remove_LiveMap_SyncsItWholeOnceAndForgetsIt()
    {
        Map map = Add(1000);

        _maps.Remove(map);
        _maps.Remove(map);
        _maps.Sync(0, 1000);

        Assert.Equal([(0, 1000)], map.Synced);
    }

    [Fact]
    public void Remove_SyncFails_EveryLaterSyncFailsAlike()
    {
        Map map = Add(1000);
        map.Failure = new FileSystemException("msync", "/file", FileSystemError.DeviceFailure, 5, "gone");

        _maps.Remove(map);

        for (int i = 0; i < 2; i++)
        {
            FileSystemException thrown = Assert.Throws<FileSystemException>(() => _maps.Sync(0, 1));
            Assert.Equal(map.Failure.Message, thrown.Message);
            Assert.Equal(FileSystemError.DeviceFailure, thrown.Error);
        }
    }

    [Fact]
    public void Remove_AfterClose_SyncsNothing()
    {
        Map map = Add(1000);

        _maps.Close();
        _maps.Remove(map);

        Assert.Empty(map.Synced);
    }

    private Map Add(long length)
    {
        Map map = new(length);
        _maps.Add(map);
        return map;
    }

    private sealed class Map(long length) : IWritableMap
    {
        public long Length { get; } = length;

        public List<(long Position, long Length)> Synced { get; } = [];

        public FileSystemException? Failure { get; set; }

        public void Sync(long position, long length)
        {
            if (Failure is not null)
            {
                throw Failure;
            }

            Synced.Add((position, length));
        }
    }
}
