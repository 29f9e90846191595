using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Manifests;

namespace EmbeddedLog.Tests.Files.Manifests;

public sealed class ManifestStateTests
{
    private static readonly SegmentEntry s_first = new(1, 0xA1, 0, 1, 0, 0);
    private static readonly SegmentEntry s_second = new(2, 0xA2, 100, 1, 0xA1, 5000);
    private static readonly SegmentEntry s_third = new(3, 0xA3, 200, 2, 0xA2, 6000);
    private static readonly SegmentEntry s_next = new(4, 0xA4, 300, 2, 0xA3, 7000);

    [Fact]
    public void Apply_Segments_KeepsThemInOrder()
    {
        ManifestState state = Three();

        Assert.Equal([s_first, s_second, s_third], state.Segments);
        Assert.Equal(4U, state.NextSequence);
        Assert.Equal(0, state.LogStartOffset);
    }

    [Fact]
    public void Apply_PredecessorBeforeTheLast_SupersedesTheRest()
    {
        ManifestState state = Three();
        SegmentEntry recovered = new(4, 0xB4, 50, 3, 0xA1, 4500);

        Apply(state, ManifestRecord.Add(recovered, 64));

        Assert.Equal([s_first, recovered], state.Segments);
        Assert.Equal(5U, state.NextSequence);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(0xA1UL)]
    public void Apply_PredecessorOfTheFirst_SupersedesAll(ulong predecessorUid)
    {
        ManifestState state = Three();
        Apply(state, ManifestRecord.LogStart(150, 2, 4, 64));
        SegmentEntry recovered = new(4, 0xB4, 150, 3, predecessorUid, predecessorUid == 0 ? 0 : 5000);

        Apply(state, ManifestRecord.Add(recovered, 64));

        Assert.Equal([recovered], state.Segments);
    }

    [Fact]
    public void ReplaceFiles_OfASegmentInTheMiddle_KeepsOrderAndGoesOnAbove()
    {
        ManifestState state = Three();

        state.ReplaceFiles(new Dictionary<ulong, uint> { [0xA2] = 9 });

        SegmentEntry salvaged = s_second with { Sequence = 9, IsSalvaged = true };
        Assert.Equal([s_first, salvaged, s_third], state.Segments);
        Assert.Equal(10U, state.NextSequence);
        Assert.NotNull(state.FindFault(ManifestRecord.Add(s_next with { Sequence = 3 }, 64)));
        Apply(state, ManifestRecord.Add(s_next with { Sequence = 10 }, 64));
        Apply(state, ManifestRecord.LogStart(250, 3, 11, 64));
        Assert.Equal([s_third, s_next with { Sequence = 10 }], state.Segments);
    }

    [Fact]
    public void Apply_SnapshotOfSalvagedSegments_IsTheSameList()
    {
        for (uint mask = 1; mask < 8; mask++)
        {
            ManifestState state = Three();
            Dictionary<ulong, uint> files = [];
            for (int i = 0; i < 3; i++)
            {
                if ((mask >> i & 1) != 0)
                {
                    files.Add(state.Segments[i].Uid, (uint)(20 - i));
                }
            }

            state.ReplaceFiles(files);
            byte[] file = ManifestSnapshot.Encode(state, new ManifestHeader(7, 0));
            ManifestState read = new();
            for (int at = ManifestHeader.Bytes; at < file.Length; at += ManifestRecord.Bytes)
            {
                BlockStatus status = ManifestRecord.TryRead(file.AsSpan(at), 7, at, out var record, out _);
                Assert.Equal(BlockStatus.Valid, status);
                Assert.Null(read.FindFault(record));
                read.Apply(record);
            }

            Assert.Equal(state.Segments, read.Segments);
            Assert.Equal(state.NextSequence, read.NextSequence);
        }
    }

    [Fact]
    public void Apply_LogStart_DropsSegmentsBelow()
    {
        ManifestState state = Three();

        Apply(state, ManifestRecord.LogStart(150, 2, 4, 64));

        Assert.Equal([s_second, s_third], state.Segments);
        Assert.Equal(150, state.LogStartOffset);
    }

    [Fact]
    public void Apply_LogStartOfASnapshot_KeepsTheNextSequence()
    {
        ManifestState state = new();

        Apply(state, ManifestRecord.LogStart(1000, 17, 17, 64));

        Assert.Equal(17U, state.NextSequence);
        Assert.Equal(1000, state.LogStartOffset);
        Assert.NotNull(state.FindFault(ManifestRecord.Add(s_first with { Sequence = 16 }, 64)));
        Assert.Null(state.FindFault(ManifestRecord.Add(s_first with { Sequence = 17, PredecessorUid = 0xEE }, 64)));
    }

    public static TheoryData<string> BadSegments =>
    [
        "uid", "base", "end", "used sequence", "last sequence", "unknown predecessor", "base below", "epoch below",
        "gap",
    ];

    [Theory]
    [MemberData(nameof(BadSegments))]
    public void FindFault_SegmentThatDoesNotFit_NamesTheFault(string fault)
    {
        (SegmentEntry segment, string expected) = fault switch
        {
            "uid" => (s_next with { Uid = 0 }, "uid is zero"),
            "base" => (s_next with { BaseOffset = -1 }, "negative"),
            "end" => (s_next with { PredecessorEnd = -1 }, "negative"),
            "used sequence" => (s_next with { Sequence = 3 }, "sequence 3 is not from 4"),
            "last sequence" => (s_next with { Sequence = uint.MaxValue }, "sequence"),
            "unknown predecessor" => (s_next with { PredecessorUid = 0xEE }, "predecessor 00000000000000ee is not"),
            "base below" => (s_next with { BaseOffset = 199 }, "below its predecessor's"),
            "epoch below" => (s_next with { Epoch = 1 }, "below its predecessor's"),
            _ => (s_next with { PredecessorUid = 0xA1, BaseOffset = 101 }, "supersedes offset 100 but begins at 101"),
        };

        Assert.Contains(expected, Three().FindFault(ManifestRecord.Add(segment, 64)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(149, 2U, "below 150")]
    [InlineData(150, 1U, "first segment 1")]
    [InlineData(250, 4U, "first segment 4")]
    [InlineData(199, 3U, "before the first segment, at 200")]
    public void FindFault_LogStartThatDoesNotFit_NamesTheFault(long offset, uint first, string expected)
    {
        ManifestState state = Three();
        Apply(state, ManifestRecord.LogStart(150, 2, 4, 64));

        Assert.Contains(
            expected, state.FindFault(ManifestRecord.LogStart(offset, first, 4, 64)), StringComparison.Ordinal);
    }

    // The recovered end can lie below a log start that was durable earlier; nothing readable goes missing then.
    [Fact]
    public void FindFault_SupersedingFromTheLogStart_IsNoGap()
    {
        ManifestState state = Three();
        Apply(state, ManifestRecord.LogStart(150, 2, 4, 64));

        Assert.Null(state.FindFault(ManifestRecord.Add(new SegmentEntry(4, 0xB4, 150, 3, 0xA1, 4500), 64)));
        Assert.NotNull(state.FindFault(ManifestRecord.Add(new SegmentEntry(4, 0xB4, 151, 3, 0xA1, 4500), 64)));
    }

    [Fact]
    public void FindFault_BeyondTheGreatestCount_SaysWhatToDo()
    {
        ManifestState state = new();
        SegmentEntry segment = s_first;
        for (int i = 0; i < ManifestState.MaxSegments; i++)
        {
            Apply(state, ManifestRecord.Add(segment, 64));
            segment = new SegmentEntry(segment.Sequence + 1, segment.Uid + 1, segment.BaseOffset, 1, segment.Uid, 4096);
        }

        Assert.Contains(
            "shorter retention", state.FindFault(ManifestRecord.Add(segment, 64)), StringComparison.Ordinal);
    }

    // Retention and appends in step, for long: what is live stays right and does not grow.
    [Fact]
    public void Apply_SlidingWindow_KeepsTheLastSegmentsAndDoesNotGrow()
    {
        ManifestState state = Three();
        SegmentEntry last = s_third;
        for (int i = 0; i < 1000; i++)
        {
            last = new SegmentEntry(last.Sequence + 1, last.Uid + 1, last.BaseOffset + 100, 2, last.Uid, 4096);
            Apply(state, ManifestRecord.Add(last, 64));
            Apply(state, ManifestRecord.LogStart(state.Segments[1].BaseOffset, state.Segments[1].Sequence, 0, 64));

            Assert.Equal(3, state.Count);
            Assert.Equal([last.Sequence - 2, last.Sequence - 1, last.Sequence], state.Segments.Select(s => s.Sequence));
        }
    }

    private static ManifestState Three()
    {
        ManifestState state = new();
        foreach (SegmentEntry segment in new[] { s_first, s_second, s_third })
        {
            Apply(state, ManifestRecord.Add(segment, 64));
        }

        return state;
    }

    private static void Apply(ManifestState state, in ManifestRecord record)
    {
        Assert.Null(state.FindFault(record));
        state.Apply(record);
    }
}
