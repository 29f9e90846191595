using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.IO;

/// <summary>What every <see cref="LogFile"/> and <see cref="MappedMemory"/> does with bytes.</summary>
public abstract class LogFileContractTests : FileSystemContract
{
    private const int Chunk = 64 * 1024;

    private protected LogFileContractTests(FileSystem files, string root)
        : base(files, root)
    {
    }

    [Fact]
    public void OpenFile_CreateNew_IsEmptyAndExistsAtOnce()
    {
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);

        Assert.Equal(PathOf("file"), file.Path);
        Assert.Equal(0, file.Length);
        Assert.True(Files.FileExists(PathOf("file")));
    }

    [Fact]
    public void OpenFile_CreateNewOfExisting_IsAlreadyExistsAndKeepsIt()
    {
        CreateFile("file", [1]);

        AssertFails(FileSystemError.AlreadyExists, () => Files.OpenFile(PathOf("file"), FileOpening.CreateNew));

        Assert.Equal([1], ReadFile(PathOf("file")));
    }

    [Theory]
    [InlineData(nameof(FileOpening.Read))]
    [InlineData(nameof(FileOpening.ReadWrite))]
    public void OpenFile_Missing_IsNotFoundAndCreatesNothing(string opening)
    {
        AssertFails(
            FileSystemError.NotFound, () => Files.OpenFile(PathOf("missing"), Enum.Parse<FileOpening>(opening)));

        Assert.Empty(Files.ListFiles(Root));
    }

    [Theory]
    [InlineData(nameof(FileOpening.CreateNew))]
    [InlineData(nameof(FileOpening.OpenOrCreate))]
    public void OpenFile_MissingDirectory_IsNotFound(string opening)
    {
        AssertFails(
            FileSystemError.NotFound,
            () => Files.OpenFile(Path.Combine(Root, "missing", "file"), Enum.Parse<FileOpening>(opening)));
    }

    [Fact]
    public void OpenFile_OpenOrCreate_CreatesThenKeeps()
    {
        using (LogFile created = Files.OpenFile(PathOf("file"), FileOpening.OpenOrCreate))
        {
            created.Write([3], 0);
        }

        using LogFile opened = Files.OpenFile(PathOf("file"), FileOpening.OpenOrCreate);

        Assert.Equal(1, opened.Length);
    }

    [Fact]
    public void OpenFile_ADirectory_Fails()
    {
        Assert.Throws<FileSystemException>(() => Files.OpenFile(Root, FileOpening.Read));
        Assert.Throws<FileSystemException>(() => Files.OpenFile(Root, FileOpening.ReadWrite));
    }

    [Fact]
    public void OpenFile_ForReading_RefusesWritesAndWritableMaps()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", [1]), FileOpening.Read);

        Assert.Throws<FileSystemException>(() => file.Write([2], 0));
        Assert.Throws<FileSystemException>(() => file.SetLength(0));
        Assert.Throws<FileSystemException>(() => file.Map(1, writable: true));
        Assert.Equal([1], ReadFile(PathOf("file")));
    }

    [Fact]
    public void Read_AcrossAndPastTheEnd_StopsAtTheEnd()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", [1, 2, 3]), FileOpening.Read);
        byte[] buffer = [9, 9, 9, 9];

        Assert.Equal(2, file.Read(buffer, 1));
        Assert.Equal([2, 3, 9, 9], buffer);
        Assert.Equal(0, file.Read(buffer, 3));
        Assert.Equal(0, file.Read(buffer, 1000));
        Assert.Equal(0, file.Read([], 0));
        Assert.Equal([2, 3, 9, 9], buffer);
    }

    [Fact]
    public void Write_BeyondTheEnd_ZeroesTheGap()
    {
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);

        file.Write([1], 0);
        file.Write([2], 10_000);
        file.Write([], 20_000);

        byte[] expected = new byte[10_001];
        expected[0] = 1;
        expected[10_000] = 2;
        Assert.Equal(10_001, file.Length);
        Assert.Equal(expected, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Write_ThroughOneHandle_IsReadThroughAnother()
    {
        byte[] contents = Pattern(3 * Chunk + 17);
        using LogFile writer = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        using LogFile reader = Files.OpenFile(PathOf("file"), FileOpening.Read);

        writer.Write(contents, 5);

        byte[] read = new byte[contents.Length];
        Assert.Equal(contents.Length + 5, reader.Length);
        Assert.Equal(read.Length, reader.Read(read, 5));
        Assert.Equal(contents, read);
    }

    [Fact]
    public void SetLength_ShorterThenLonger_ReadsZeroWhereBytesWere()
    {
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        file.Write([1, 2, 3, 4], 0);

        file.SetLength(2);
        Assert.Equal(2, file.Length);
        file.SetLength(4);

        Assert.Equal([1, 2, 0, 0], ReadFile(PathOf("file")));
    }

    [Fact]
    public void Allocate_AtTheEnd_ExtendsWithZeroes()
    {
        RequireAllocation();
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        file.Write([1, 2, 3], 0);

        file.Allocate(3, Chunk);
        file.Allocate(3 + Chunk, 2 * Chunk);

        byte[] expected = new byte[3 + (3 * Chunk)];
        ((byte[])[1, 2, 3]).CopyTo(expected, 0);
        Assert.Equal(expected.Length, file.Length);
        Assert.Equal(expected, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Allocate_WithinTheFile_ChangesNeitherSizeNorBytes()
    {
        RequireAllocation();
        byte[] contents = Pattern(Chunk);
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        file.Write(contents, 0);

        file.Allocate(100, 1000);

        Assert.Equal(contents, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Map_OfWrittenBytes_ShowsThem()
    {
        byte[] contents = Pattern(Chunk);
        using LogFile file = Files.OpenFile(CreateFile("file", contents), FileOpening.Read);

        using MappedMemory map = file.Map(Chunk, writable: false);

        Assert.Equal(Chunk, map.Length);
        Assert.True(Bytes(map, 0, Chunk).SequenceEqual(contents));
    }

    [Fact]
    public void Map_WrittenAfterwards_ShowsTheNewBytesInEveryMap()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", new byte[Chunk]), FileOpening.ReadWrite);
        using LogFile other = Files.OpenFile(PathOf("file"), FileOpening.Read);
        using MappedMemory writable = file.Map(Chunk, writable: true);
        using MappedMemory readable = other.Map(Chunk, writable: false);

        file.Write([7, 8, 9], 5000);

        Assert.Equal([7, 8, 9], Bytes(writable, 5000, 3).ToArray());
        Assert.Equal([7, 8, 9], Bytes(readable, 5000, 3).ToArray());
    }

    [Fact]
    public void Map_StoredTo_IsSeenByReadsAndByOtherMaps()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", new byte[Chunk]), FileOpening.ReadWrite);
        using LogFile other = Files.OpenFile(PathOf("file"), FileOpening.Read);
        using MappedMemory writable = file.Map(Chunk, writable: true);
        using MappedMemory readable = other.Map(Chunk, writable: false);

        Pattern(10).CopyTo(Bytes(writable, 4091, 10));

        byte[] read = new byte[10];
        Assert.Equal(10, other.Read(read, 4091));
        Assert.Equal(Pattern(10), read);
        Assert.Equal(Pattern(10), Bytes(readable, 4091, 10).ToArray());
    }

    [Fact]
    public void Map_LongerThanTheFile_ShowsWhatIsAllocatedLater()
    {
        RequireAllocation();
        using LogFile file = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        file.Allocate(0, Chunk);
        using MappedMemory map = file.Map(16 * Chunk, writable: true);
        Assert.Equal(16 * Chunk, map.Length);

        Bytes(map, 0, Chunk).Fill(1);
        file.Allocate(Chunk, Chunk);
        Assert.Equal(-1, Bytes(map, Chunk, Chunk).IndexOfAnyExcept((byte)0));
        Bytes(map, Chunk, Chunk).Fill(2);

        byte[] read = new byte[2 * Chunk];
        Assert.Equal(read.Length, file.Read(read, 0));
        Assert.Equal(-1, read.AsSpan(0, Chunk).IndexOfAnyExcept((byte)1));
        Assert.Equal(-1, read.AsSpan(Chunk).IndexOfAnyExcept((byte)2));
    }

    [Fact]
    public void Map_LongerThanTheFile_ReservesNothing()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", new byte[Chunk]), FileOpening.ReadWrite);

        using MappedMemory map = file.Map(1024 * Chunk, writable: true);

        Assert.Equal(1024 * Chunk, map.Length);
        Assert.Equal(Chunk, file.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(Chunk)]
    public void Map_LongerThanTheFile_ShowsAndFlushesAllThatIsAddedLater(int length)
    {
        RequireAllocation();
        byte[] contents = Pattern(4 * Chunk);
        using LogFile file = Files.OpenFile(CreateFile("file", contents.AsSpan(0, length)), FileOpening.ReadWrite);
        using MappedMemory first = file.Map(16 * Chunk, writable: true);
        using MappedMemory read = file.Map((3 * Chunk) + 100, writable: false);

        file.Allocate(length, (2 * Chunk) - length);
        contents.AsSpan(length, (2 * Chunk) - length).CopyTo(Bytes(first, length, (2 * Chunk) - length));
        file.Write(contents.AsSpan(2 * Chunk), 2 * Chunk);
        using MappedMemory late = file.Map(8 * Chunk, writable: true);
        file.Flush(0, 4 * Chunk);

        Assert.True(Bytes(first, 0, contents.Length).SequenceEqual(contents));
        Assert.True(Bytes(late, 0, contents.Length).SequenceEqual(contents));
        Assert.True(Bytes(read, 0, (3 * Chunk) + 100).SequenceEqual(contents.AsSpan(0, (3 * Chunk) + 100)));
        first.Dispose();
        file.SetLength(5 * Chunk);
        file.Allocate(5 * Chunk, Chunk);
        Bytes(late, 5 * Chunk, 1)[0] = 7;
        late.Dispose();
        file.Flush(0, 6 * Chunk);
        Assert.Equal(7, ReadFile(PathOf("file"))[5 * Chunk]);
    }

    [Fact]
    public void Map_AfterTheFileIsClosed_StaysUsable()
    {
        LogFile file = Files.OpenFile(CreateFile("file", new byte[Chunk]), FileOpening.ReadWrite);
        using MappedMemory map = file.Map(Chunk, writable: true);

        file.Dispose();
        Pattern(4).CopyTo(Bytes(map, 100, 4));

        Assert.Equal(Pattern(4), ReadFile(PathOf("file"))[100..104]);
    }

    [Fact]
    public void Map_DisposedBeforeAFlush_KeepsItsStores()
    {
        using LogFile file = Files.OpenFile(CreateFile("file", new byte[Chunk]), FileOpening.ReadWrite);
        MappedMemory map = file.Map(Chunk, writable: true);
        Pattern(4).CopyTo(Bytes(map, 100, 4));

        map.Dispose();
        map.Dispose();
        file.Flush(0, Chunk);

        Assert.Equal(Pattern(4), ReadFile(PathOf("file"))[100..104]);
    }

    [Fact]
    public void TryPrepare_OfAllocatedPages_ChangesNoByte()
    {
        byte[] contents = Pattern(4 * Chunk);
        using LogFile file = Files.OpenFile(CreateFile("file", contents), FileOpening.ReadWrite);
        using MappedMemory map = file.Map(contents.Length, writable: true);

        map.TryPrepareForWrite(100, Chunk);
        map.TryPrepareForRead(Chunk + 1, (3 * Chunk) - 1);
        map.TryPrepareForRead(0, 0);

        Assert.True(Bytes(map, 0, contents.Length).SequenceEqual(contents));
        Assert.Equal(contents, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Flush_OfAnyRange_SucceedsAndChangesNothing()
    {
        byte[] contents = Pattern(Chunk);
        using LogFile file = Files.OpenFile(CreateFile("file", contents), FileOpening.ReadWrite);
        using MappedMemory map = file.Map(Chunk, writable: true);
        Bytes(map, 0, 1)[0] = contents[0] = 77;

        file.Flush(0, 1);
        file.Flush(4097, 3);
        file.Flush(Chunk, 0);
        file.Flush(Chunk - 1, Chunk);

        Assert.Equal(contents, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Arguments_OutOfRange_AreRefused()
    {
        byte[] contents = Pattern(100);
        using LogFile file = Files.OpenFile(CreateFile("file", contents), FileOpening.ReadWrite);
        using MappedMemory map = file.Map(100, writable: true);

        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read([0], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write([0], -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.SetLength(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Allocate(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Allocate(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Flush(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Flush(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Map(0, writable: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.TryPrepareForRead(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.TryPrepareForRead(0, 101));
        Assert.Throws<ArgumentOutOfRangeException>(() => map.TryPrepareForWrite(101, 0));
        Assert.Equal(contents, ReadFile(PathOf("file")));
    }

    [Fact]
    public void Use_AfterDispose_IsRefused()
    {
        LogFile file = Files.OpenFile(CreateFile("file", [1]), FileOpening.ReadWrite);

        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Length);
        Assert.Throws<ObjectDisposedException>(() => file.Read([0], 0));
        Assert.Throws<ObjectDisposedException>(() => file.Write([0], 0));
        Assert.Throws<ObjectDisposedException>(() => file.Flush(0, 1));
        Assert.Throws<ObjectDisposedException>(() => file.Map(1, writable: false));
    }

    private void RequireAllocation() => Infrastructure.Require.That(
        Files.GetTraits(Root).CanAllocate, $"{Files.GetTraits(Root).Name} cannot allocate.");
}
