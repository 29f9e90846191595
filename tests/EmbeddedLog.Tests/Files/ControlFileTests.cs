using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Tests.Files;

/// <summary>Which slots of the control file partitions get.</summary>
public sealed class ControlFileTests : SmallFileTest
{
    private const int FirstSlots = 64;

    [Fact]
    public void Rent_AfterOneWasReturned_GetsThatPlace()
    {
        using ControlFile control = Open(Files);
        control.Rent(TopicUid, 0);
        ControlSlot second = control.Rent(TopicUid, 1);
        control.Rent(TopicUid, 2);

        control.Return(second);

        Assert.Equal(1, control.Rent(TopicUid, 3).Number);
        Assert.Equal(3, control.Rent(TopicUid, 4).Number);
    }

    [Fact]
    public void Rent_AfterOneThatHadNoRoomWasReturned_GetsAPlaceInTheFile()
    {
        FaultingFileSystem faults = new(Files);
        using ControlFile control = Open(faults);
        for (int i = 0; i < FirstSlots; i++)
        {
            control.Rent(TopicUid, i);
        }

        faults.Reset();
        faults.Fail(FaultKind.Allocate, 1, FileSystemError.NoSpace);
        ControlSlot without = control.Rent(TopicUid, FirstSlots);
        Assert.Equal(-1, without.Number);

        control.Return(without);

        Assert.Equal(FirstSlots, control.Rent(TopicUid, FirstSlots).Number);
    }

    private ControlFile Open(FileSystem files)
    {
        CacheIdentity identity = new(1, 2, 3, 4);
        Session session = new(1, 0x2122, 1000, 1000, 4242, false, 1, 2, 3, 4);
        ControlFile control = ControlFile.Open(
            files, Root, session, identity, files.GetTraits(Root), out FileSystemException? failure);
        Assert.Null(failure);
        return control;
    }
}
