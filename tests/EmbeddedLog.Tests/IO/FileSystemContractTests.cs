using EmbeddedLog.IO;

namespace EmbeddedLog.Tests.IO;

/// <summary>What every <see cref="FileSystem"/> does with names, directories and the owner lock.</summary>
public abstract class FileSystemContractTests : FileSystemContract
{
    private protected FileSystemContractTests(FileSystem files, string root)
        : base(files, root)
    {
    }

    [Fact]
    public void CreateDirectory_MissingParents_CreatesThemAll()
    {
        string deep = Path.Combine(Root, "a", "b", "c");

        Files.CreateDirectory(deep);

        Assert.True(Files.DirectoryExists(deep));
        Assert.False(Files.FileExists(deep));
    }

    [Theory]
    [InlineData("con.events")]
    [InlineData("aux")]
    [InlineData("nul.x")]
    [InlineData("com1.data")]
    [InlineData("lpt9.log")]
    [InlineData("PRN")]
    public void AnyCall_NameOfADevice_IsANameLikeAnyOther(string name)
    {
        string directory = PathOf(name);
        Files.CreateDirectory(directory);
        string path = Path.Combine(directory, name);
        using (LogFile file = Files.OpenFile(path, FileOpening.CreateNew))
        {
            file.Write([1, 2, 3], 0);
        }

        Files.SyncDirectory(directory);
        Assert.Equal([name], Files.ListDirectories(Root));
        Assert.Equal([name], Files.ListFiles(directory));
        Assert.True(Files.FileExists(path));
        Files.Rename(path, path + "2");
        Assert.Equal([1, 2, 3], ReadFile(path + "2"));
        Files.DeleteFile(path + "2");
        Files.DeleteDirectory(directory);
        Assert.Empty(Files.ListDirectories(Root));
    }

    [Fact]
    public void CreateDirectory_Existing_KeepsItsContents()
    {
        CreateFile("kept", [1, 2, 3]);

        Files.CreateDirectory(Root);

        Assert.Equal([1, 2, 3], ReadFile(PathOf("kept")));
    }

    [Fact]
    public void CreateDirectory_OverAFile_IsAlreadyExists()
    {
        CreateFile("file");

        AssertFails(FileSystemError.AlreadyExists, () => Files.CreateDirectory(PathOf("file")));
    }

    [Fact]
    public void CreateDirectory_UnderAFile_IsNotADirectory()
    {
        CreateFile("file");

        AssertFails(FileSystemError.NotADirectory, () => Files.CreateDirectory(Path.Combine(Root, "file", "below")));
    }

    [Fact]
    public void DeleteDirectory_EmptyOrMissing_LeavesNone()
    {
        Files.CreateDirectory(PathOf("gone"));

        Files.DeleteDirectory(PathOf("gone"));
        Files.DeleteDirectory(PathOf("gone"));

        Assert.False(Files.DirectoryExists(PathOf("gone")));
    }

    [Fact]
    public void DeleteDirectory_WithContents_FailsAndKeepsThem()
    {
        Files.CreateDirectory(PathOf("full"));
        CreateFile(Path.Combine("full", "file"));

        FileSystemException full =
            Assert.Throws<FileSystemException>(() => Files.DeleteDirectory(PathOf("full")));

        // It may be one that is removed and in use: a later try can succeed.
        Assert.Equal(FileSystemError.InUse, full.Error);

        Assert.True(Files.FileExists(Path.Combine(Root, "full", "file")));
    }

    [Fact]
    public void Exists_MissingNameOrParent_IsFalse()
    {
        CreateFile("file");

        string[] missing = [PathOf("no"), Path.Combine(Root, "no", "no"), Path.Combine(Root, "file", "no")];
        foreach (string path in missing)
        {
            Assert.False(Files.FileExists(path));
            Assert.False(Files.DirectoryExists(path));
        }
    }

    [Fact]
    public void Exists_FileAndDirectory_AreDistinguished()
    {
        CreateFile("file");
        Files.CreateDirectory(PathOf("directory"));

        Assert.True(Files.FileExists(PathOf("file")));
        Assert.False(Files.DirectoryExists(PathOf("file")));
        Assert.True(Files.DirectoryExists(PathOf("directory")));
        Assert.False(Files.FileExists(PathOf("directory")));
    }

    [Fact]
    public void List_FilesAndDirectories_AreInOrdinalOrder()
    {
        string[] names = ["b", "a", "B", "10", "9", "a-1", "a.1", ".hidden", "_"];
        foreach (string name in names.Where(name => name != "B" || IsCaseSensitive))
        {
            CreateFile("f" + name);
            Files.CreateDirectory(PathOf("d" + name));
        }

        string[] ordered = [.. names.Where(name => name != "B" || IsCaseSensitive).Order(StringComparer.Ordinal)];
        Assert.Equal(ordered.Select(name => "f" + name), Files.ListFiles(Root));
        Assert.Equal(ordered.Select(name => "d" + name), Files.ListDirectories(Root));
    }

    [Fact]
    public void List_EmptyDirectory_IsEmpty()
    {
        Assert.Empty(Files.ListFiles(Root));
        Assert.Empty(Files.ListDirectories(Root));
    }

    [Fact]
    public void List_MissingOrFile_NamesTheCause()
    {
        CreateFile("file");

        AssertFails(FileSystemError.NotFound, () => Files.ListFiles(PathOf("missing")));
        AssertFails(FileSystemError.NotFound, () => Files.ListDirectories(PathOf("missing")));
        AssertFails(FileSystemError.NotADirectory, () => Files.ListFiles(PathOf("file")));
        AssertFails(FileSystemError.NotADirectory, () => Files.ListDirectories(PathOf("file")));
    }

    [Fact]
    public void Rename_OntoAFile_ReplacesIt()
    {
        CreateFile("from", [1]);
        CreateFile("to", [2, 2]);

        Files.Rename(PathOf("from"), PathOf("to"));

        Assert.Equal(["to"], Files.ListFiles(Root));
        Assert.Equal([1], ReadFile(PathOf("to")));
    }

    [Fact]
    public void Rename_ADirectory_TakesItsContentsAlong()
    {
        Files.CreateDirectory(PathOf("old"));
        CreateFile(Path.Combine("old", "file"), [7]);

        Files.Rename(PathOf("old"), PathOf("new"));

        Assert.False(Files.DirectoryExists(PathOf("old")));
        Assert.Equal([7], ReadFile(Path.Combine(Root, "new", "file")));
    }

    [Fact]
    public void Rename_AnOpenFile_KeepsTheHandle()
    {
        using LogFile file = Files.OpenFile(PathOf("from"), FileOpening.CreateNew);

        Files.Rename(PathOf("from"), PathOf("to"));
        file.Write([5], 0);

        Assert.Equal([5], ReadFile(PathOf("to")));
    }

    [Fact]
    public void Rename_Missing_IsNotFound()
    {
        AssertFails(FileSystemError.NotFound, () => Files.Rename(PathOf("missing"), PathOf("to")));
    }

    [Fact]
    public void DeleteFile_ExistingOrMissing_LeavesNone()
    {
        CreateFile("gone");

        Files.DeleteFile(PathOf("gone"));
        Files.DeleteFile(PathOf("gone"));

        Assert.False(Files.FileExists(PathOf("gone")));
    }

    [Fact]
    public void DeleteFile_OfADirectory_FailsAndKeepsIt()
    {
        Files.CreateDirectory(PathOf("directory"));

        Assert.Throws<FileSystemException>(() => Files.DeleteFile(PathOf("directory")));

        Assert.True(Files.DirectoryExists(PathOf("directory")));
    }

    [Fact]
    public void DeleteFile_WhileOpen_FreesTheNameAndKeepsTheBytes()
    {
        using LogFile old = Files.OpenFile(PathOf("file"), FileOpening.CreateNew);
        old.Write([1, 2], 0);

        Files.DeleteFile(PathOf("file"));
        CreateFile("file", [9]);

        byte[] read = new byte[2];
        Assert.Equal(2, old.Read(read, 0));
        Assert.Equal([1, 2], read);
        Assert.Equal([9], ReadFile(PathOf("file")));
    }

    [Fact]
    public void SyncDirectory_Existing_Succeeds()
    {
        CreateFile("file");

        Files.SyncDirectory(Root);
    }

    [Fact]
    public void SyncDirectory_MissingOrFile_NamesTheCause()
    {
        CreateFile("file");

        AssertFails(FileSystemError.NotFound, () => Files.SyncDirectory(PathOf("missing")));
        AssertFails(FileSystemError.NotADirectory, () => Files.SyncDirectory(PathOf("file")));
    }

    [Fact]
    public void GetTraits_ExistingDirectory_NamesTheFileSystem()
    {
        FileSystemTraits traits = Files.GetTraits(Root);

        Assert.NotEmpty(traits.Name);
        Assert.True(traits.CanAllocate || !traits.MappedStoresAreSafe);
    }

    [Fact]
    public void GetCacheIdentity_AskedTwice_IsEqual()
    {
        Assert.Equal(Files.GetCacheIdentity(Root), Files.GetCacheIdentity(Root));
    }

    [Fact]
    public void TraitsAndCacheIdentity_MissingDirectory_IsNotFound()
    {
        AssertFails(FileSystemError.NotFound, () => Files.GetTraits(PathOf("missing")));
        AssertFails(FileSystemError.NotFound, () => Files.GetCacheIdentity(PathOf("missing")));
    }

    [Fact]
    public void TryLock_WhileHeld_IsNull()
    {
        using IDisposable? held = Files.TryLock(PathOf("lock"));

        Assert.NotNull(held);
        Assert.Null(Files.TryLock(PathOf("lock")));
        Assert.Null(Files.TryLock(PathOf("lock")));
    }

    [Fact]
    public void TryLock_AfterDispose_IsFreeAndTheFileStays()
    {
        Files.TryLock(PathOf("lock"))!.Dispose();

        Assert.True(Files.FileExists(PathOf("lock")));
        using IDisposable? next = Files.TryLock(PathOf("lock"));
        Assert.NotNull(next);
    }

    [Fact]
    public void TryLock_DisposedTwice_DoesNotFreeTheSuccessor()
    {
        IDisposable first = Files.TryLock(PathOf("lock"))!;
        first.Dispose();
        using IDisposable? second = Files.TryLock(PathOf("lock"));

        first.Dispose();

        Assert.Null(Files.TryLock(PathOf("lock")));
    }

    [Fact]
    public void TryLock_OfTwoDirectories_IsIndependent()
    {
        Files.CreateDirectory(PathOf("one"));
        Files.CreateDirectory(PathOf("two"));

        using IDisposable? one = Files.TryLock(Path.Combine(Root, "one", "lock"));
        using IDisposable? two = Files.TryLock(Path.Combine(Root, "two", "lock"));

        Assert.NotNull(one);
        Assert.NotNull(two);
    }

    [Fact]
    public void TryLock_MissingDirectory_IsNotFound()
    {
        AssertFails(FileSystemError.NotFound, () => Files.TryLock(Path.Combine(Root, "missing", "lock")));
    }

    [Fact]
    public void ReadLockOwner_WhileHeld_IsTheHoldersProcess()
    {
        using IDisposable? held = Files.TryLock(PathOf("lock"));

        Assert.Equal(LockOwner, Files.ReadLockOwner(PathOf("lock"))?.ProcessId);
    }

    [Fact]
    public void ReadLockOwner_NothingToRead_IsNull()
    {
        CreateFile("empty");
        CreateFile("words", "no number"u8);
        CreateFile("unfinished", "12"u8);

        Assert.Null(Files.ReadLockOwner(PathOf("missing")));
        Assert.Null(Files.ReadLockOwner(PathOf("empty")));
        Assert.Null(Files.ReadLockOwner(PathOf("words")));
        Assert.Null(Files.ReadLockOwner(PathOf("unfinished")));
    }

    /// <summary>Whether names that differ in case alone are different files.</summary>
    private protected virtual bool IsCaseSensitive => true;

    /// <summary>The process id that holders of a lock write.</summary>
    private protected virtual int LockOwner => Environment.ProcessId;
}
