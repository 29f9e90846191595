using EmbeddedLog.Format.Frames;
using EmbeddedLog.Format.Segments;

namespace EmbeddedLog.Tests.Topics;

public sealed class TopicOptionsTests
{
    [Fact]
    public void ValidatedCopy_Defaults_AreValid() => new TopicOptions().ValidatedCopy();

    [Fact]
    public void ValidatedCopy_LaterChanges_HaveNoEffect()
    {
        var options = new TopicOptions { Partitions = 4 };

        TopicOptions copy = options.ValidatedCopy();
        options.Partitions = 5;
        options.MaxRecordBytes = 1;

        Assert.Equal(4, copy.Partitions);
        Assert.Equal(1_048_588, copy.MaxRecordBytes);
    }

    [Fact]
    public void ValidatedCopy_EveryProperty_IsCopied()
    {
        var options = new TopicOptions
        {
            Partitions = 4,
            Retention = RetentionPolicy.KeepForever,
            SegmentBytes = 1 << 20,
            SegmentAge = TimeSpan.FromDays(1),
            MaxRecordBytes = 1000,
            FlushInterval = TimeSpan.FromSeconds(2),
            WriteMode = WriteMode.Positional,
            TimestampType = TimestampType.LogAppendTime,
            MaxTimestampAhead = TimeSpan.FromHours(2),
            Partitioner = Partitioners.RoundRobin(),
        };

        Assert.Equivalent(options, options.ValidatedCopy(), strict: true);
    }

    [Fact]
    public void ValidatedCopy_EverythingWrong_NamesEveryFault()
    {
        var options = new TopicOptions
        {
            Partitions = 0,
            Retention = new RetentionPolicy { MaxAge = TimeSpan.FromMilliseconds(-2), MaxBytesPerPartition = 0 },
            SegmentBytes = 100,
            SegmentAge = TimeSpan.Zero,
            MaxRecordBytes = 0,
            FlushInterval = TimeSpan.Zero,
            WriteMode = (WriteMode)9,
            TimestampType = (TimestampType)8,
            MaxTimestampAhead = TimeSpan.FromSeconds(-1),
        };

        var exception = Assert.Throws<ArgumentException>("options", options.ValidatedCopy);

        Assert.Equal(
            """
            TopicOptions has 10 faults:
            - Partitions is 0 but must be from 1 to 65,536 partitions: a topic needs one, and each costs files.
            - SegmentBytes is 100 but must be from 16 KiB (16,384) to 1 GiB (1,073,741,824) bytes: 64 MiB suits most topics.
            - MaxRecordBytes is 0 but must be at least 1 byte: raise it.
            - SegmentAge is 0 s but must be from 1 ms to 36,500 days, or Timeout.InfiniteTimeSpan for no limit: seven days suits most topics.
            - FlushInterval is 0 s but must be from 1 ms to 1 day, or Timeout.InfiniteTimeSpan for no background flush: to have each record flushed before it is acknowledged, produce with Durability.Flushed instead.
            - MaxTimestampAhead is -1 s but must be from 0 s to 36,500 days, or Timeout.InfiniteTimeSpan for any time: one hour suits most topics.
            - WriteMode is 9 but must be one of Auto, Mapped, Positional: use a name of WriteMode.
            - TimestampType is 8 but must be one of CreateTime, LogAppendTime: use a name of TimestampType.
            - Retention.MaxAge is -2 ms but must be at least 1 ms: use null for any age.
            - Retention.MaxBytesPerPartition is 0 but must be at least 1 byte: use null for any size. (Parameter 'options')
            """,
            exception.Message,
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void ValidatedCopy_RecordLargerThanASegment_NamesBothSettings()
    {
        var options = new TopicOptions { SegmentBytes = 16 << 10, MaxRecordBytes = 16 << 10 };

        var exception = Assert.Throws<ArgumentException>("options", options.ValidatedCopy);

        Assert.Contains(
            "MaxRecordBytes is 16,384 but must be from 1 to 12,160 bytes with SegmentBytes 16 KiB (16,384): "
            + "a record must fit into one segment, so raise SegmentBytes or lower MaxRecordBytes.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ValidatedCopy_NullRetention_NamesTheAlternative()
    {
        var exception = Assert.Throws<ArgumentException>(
            "options", () => new TopicOptions { Retention = null! }.ValidatedCopy());

        Assert.Contains("RetentionPolicy.KeepForever", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ValidatedCopy_InfiniteTimes_AreAllowed() =>
        new TopicOptions
        {
            SegmentAge = Timeout.InfiniteTimeSpan,
            FlushInterval = Timeout.InfiniteTimeSpan,
            MaxTimestampAhead = Timeout.InfiniteTimeSpan,
        }.ValidatedCopy();

    [Fact]
    public void SegmentReserveBytes_CoversWhatARecordNeedsBesideItself()
    {
        // Two lengths of at most five bytes, and the padding.
        int beside = SegmentHeader.PageBytes + FrameLayout.HeaderBytes + 5 + 5 + 7 + FrameLayout.SealBytes;

        Assert.InRange(TopicOptions.SegmentReserveBytes, beside, beside + 128);
    }

    [Fact]
    public void MaxRecordBytes_SmallSegmentOnly_FollowsIt()
    {
        var options = new TopicOptions { SegmentBytes = 16 << 10 };

        Assert.Equal((16 << 10) - TopicOptions.SegmentReserveBytes, options.ValidatedCopy().MaxRecordBytes);
        options.ValidatedCopy();
        Assert.Equal(1_048_588, new TopicOptions { SegmentBytes = 2 << 20 }.ValidatedCopy().MaxRecordBytes);
    }
}
