using System.Runtime.CompilerServices;
using EmbeddedLog.Format.Segments;
using EmbeddedLog.Segments.Index;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Segments.Index;

public sealed class SegmentIndexTests
{
    /// <summary>Ascending entries: steps of one to a hundred in offset and bytes, of zero to two in time.</summary>
    private static Gen<IndexEntry[]> Ascending =>
        Gen.ListOf(
            from offsetStep in Gen.Choose(1, 100)
            from positionStep in Gen.Choose(1, 100)
            from timeStep in Gen.Choose(0, 2)
            select (offsetStep, positionStep, timeStep))
        .Select(steps =>
        {
            IndexEntry last = new(0, SegmentHeader.PageBytes, -3);
            return steps.Select(step => last = new IndexEntry(
                last.RelativeOffset + (uint)step.offsetStep,
                last.Position + (uint)step.positionStep,
                last.MaxTimestampBefore + step.timeStep)).ToArray();
        });

    [Fact]
    public void Entry_InMemory_TakesSixteenBytes() => Assert.Equal(16, Unsafe.SizeOf<IndexEntry>());

    /// <summary>The preparer looks more often than this; what it makes in time, the append need not.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Add_RoomMadeAhead_AllocatesNothing(bool forBulk)
    {
        const int SegmentBytes = 64 << 20;
        const int Between = 16;
        SegmentIndex index = forBulk ? SegmentIndex.WithRoomFor(SegmentBytes) : new SegmentIndex();
        long allocated = 0;
        for (uint i = 0; i <= SegmentBytes / SegmentIndexBuilder.IntervalBytes; i++)
        {
            if (i % Between == 0)
            {
                Assert.False(forBulk && index.IsShortOfRoom(SegmentBytes));
                index.MakeRoom(SegmentBytes);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            index.Add(i, SegmentHeader.PageBytes * (i + 1), i);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
        Assert.Equal((uint)SegmentHeader.PageBytes * 1001, index.FindPosition(1000));
        index.MakeRoom(SegmentBytes);
        Assert.False(index.IsShortOfRoom(SegmentBytes));
    }

    [Fact]
    public void FindPosition_Empty_IsTheFirstFrame()
    {
        SegmentIndex index = new();

        Assert.Equal((uint)SegmentHeader.PageBytes, index.FindPosition(0));
        Assert.Equal((uint)SegmentHeader.PageBytes, index.FindPosition(uint.MaxValue));
        Assert.Equal((uint)SegmentHeader.PageBytes, index.FindPositionByTimestamp(long.MaxValue));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void FindPosition_AnyOffset_IsTheLastEntryAtOrBelow() =>
        Prop.ForAll(Ascending.ToArbitrary(), entries =>
        {
            SegmentIndex index = Build(entries);
            return Enumerable.Range(0, 400).All(offset =>
                index.FindPosition((uint)offset) == entries.LastOrDefault(
                    e => e.RelativeOffset <= offset, new IndexEntry(0, SegmentHeader.PageBytes, 0)).Position);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FindPositionByTimestamp_AnyTime_IsTheLastEntryBehindEarlierRecordsOnly() =>
        Prop.ForAll(Ascending.ToArbitrary(), entries =>
        {
            SegmentIndex index = Build(entries);
            return Enumerable.Range(-10, 100).All(time =>
                index.FindPositionByTimestamp(time) == entries.LastOrDefault(
                    e => e.MaxTimestampBefore < time, new IndexEntry(0, SegmentHeader.PageBytes, 0)).Position);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void FindPositionByTimestamp_ExtremeTimes_AreFound()
    {
        SegmentIndex index = new();
        index.Add(0, 4096, long.MinValue);
        index.Add(1, 5000, long.MaxValue);

        Assert.Equal(4096U, index.FindPositionByTimestamp(long.MinValue));
        Assert.Equal(4096U, index.FindPositionByTimestamp(long.MinValue + 1));
        Assert.Equal(4096U, index.FindPositionByTimestamp(long.MaxValue));
    }

    [Theory]
    [InlineData(10U, 6000U, 5L)]
    [InlineData(9U, 6000U, 5L)]
    [InlineData(11U, 5000U, 5L)]
    [InlineData(11U, 4999U, 5L)]
    [InlineData(11U, 6000U, 4L)]
    public void Add_EntryThatDoesNotAscend_IsRefused(uint offset, uint position, long timestamp)
    {
        SegmentIndex index = new();
        index.Add(10, 5000, 5);

        Assert.Throws<ArgumentException>(() => index.Add(offset, position, timestamp));
        Assert.Equal(1, index.Count);
    }

    [Fact]
    public void Add_PositionInTheHeader_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new SegmentIndex().Add(0, SegmentHeader.PageBytes - 1, 0));

    // Entry i stands for offset i: whatever a reader sees of the index, offset and position belong together.
    [Fact]
    public async Task FindPosition_WhileEntriesAreAdded_SeesWholeEntriesInOrder()
    {
        const int Last = 200_000;
        SegmentIndex index = new();
        Task<bool>[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(ReadAlong))];
        for (uint i = 0; i <= Last; i++)
        {
            index.Add(i, SegmentHeader.PageBytes + (i * 8), i);
        }

        Assert.All(await Task.WhenAll(readers), Assert.True);

        bool ReadAlong()
        {
            uint seen = 0;
            while (seen < Last)
            {
                uint now = (index.FindPosition(uint.MaxValue) - SegmentHeader.PageBytes) / 8;
                if (now < seen
                    || index.FindPosition(now / 2) != SegmentHeader.PageBytes + (now / 2 * 8)
                    || index.FindPositionByTimestamp((now / 2) + 1) != SegmentHeader.PageBytes + (now / 2 * 8))
                {
                    return false;
                }

                seen = now;
            }

            return true;
        }
    }

    internal static SegmentIndex Build(IEnumerable<IndexEntry> entries)
    {
        SegmentIndex index = new();
        foreach (IndexEntry entry in entries)
        {
            index.Add(entry.RelativeOffset, entry.Position, entry.MaxTimestampBefore);
        }

        return index;
    }
}
