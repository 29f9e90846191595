using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.Format.Manifests;
using EmbeddedLog.Format.Segments;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format;

/// <summary>The structures that the golden bytes are of, and generators of any others.</summary>
internal static class Some
{
    public const ulong TopicUid = 0x1112_1314_1516_1718;

    public static readonly SegmentHeader Header = new(
        SegmentFlags.None, 0x0102_0304_0506_0708, TopicUid, 3, 7, 1000, 5, 0x2122_2324_2526_2728, 0x1234_5678,
        1_700_000_000_000);

    public static readonly SegmentEntry Segment = new(
        7, 0x0102_0304_0506_0708, 1000, 5, 0x2122_2324_2526_2728, 0x1234_5678);

    public static readonly Checkpoint Checkpoint = new(
        6, 123_456, 7, 0x0102_0304_0506_0708, 0x1234_5678, 1000, 5, true, 1_700_000_002_000);

    public static readonly Session Session = new(
        3, 0xA1A2_A3A4_A5A6_A7A8, 1_700_000_000_000, 1_700_000_001_000, 4242, true,
        0xB1B2_B3B4_B5B6_B7B8, 0xC1C2_C3C4_C5C6_C7C8, 0x801, 77, 3, 0xD1D2_D3D4);

    public static readonly ClosedPartition ClosedPartition = ClosedPartition.From(TopicUid, 3, Checkpoint, 0xE1E2_E3E4);

    public static readonly ClosedList ClosedList = new(
        0xA1A2_A3A4_A5A6_A7A8,
        3,
        1_700_000_002_000,
        [new ClosedTopic(TopicUid, "topics/orders-1"), new ClosedTopic(1, "groups")],
        [ClosedPartition, ClosedPartition with { Partition = 4, LogStartOffset = 7 }]);

    /// <summary>What a log without partitions leaves when it is closed.</summary>
    public static ClosedList ClosedBy(SessionFile session) =>
        new(session.Current?.LogUid ?? 1, session.NextGeneration, 0, [], []);

    /// <summary>All 64 bits, where the default generator gives small numbers only.</summary>
    public static Gen<ulong> Bits64 =>
        from high in Gen.Choose(int.MinValue, int.MaxValue)
        from low in Gen.Choose(int.MinValue, int.MaxValue)
        select ((ulong)(uint)high << 32) | (uint)low;

    public static Gen<long> NotNegative => Bits64.Select(bits => (long)(bits >> 1));

    /// <summary>Those that a file may hold.</summary>
    public static Gen<long> Offsets => NotNegative.Select(bits => bits >> 1);

    public static Gen<uint> Bits32 => Bits64.Select(bits => (uint)bits);

    public static Gen<SegmentEntry> Entries =>
        from sequence in Bits32
        from epoch in Bits32
        from uids in Gen.Two(Bits64)
        from positions in Gen.Two(NotNegative)
        select new SegmentEntry(sequence, uids.Item1, positions.Item1, epoch, uids.Item2, positions.Item2);
}
