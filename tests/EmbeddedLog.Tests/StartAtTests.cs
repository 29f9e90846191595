namespace EmbeddedLog.Tests;

public sealed class StartAtTests
{
    [Fact]
    public void Default_IsEarliest() => Assert.Equal(StartAt.Earliest, default);

    [Fact]
    public void Kinds_AreDistinct()
    {
        StartAt[] all =
        [
            StartAt.Earliest, StartAt.Latest, StartAt.Error, StartAt.FromOffset(0),
            StartAt.FromTimestamp(DateTimeOffset.UnixEpoch),
        ];

        Assert.Equal(Enum.GetValues<StartAtKind>(), all.Select(start => start.Kind));
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void FromOffset_Negative_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => StartAt.FromOffset(-1));

    [Fact]
    public void FromOffset_TellsTheOffsetOnly()
    {
        StartAt start = StartAt.FromOffset(42);

        Assert.Equal(42, start.Offset);
        Assert.Null(start.Timestamp);
        Assert.Equal("Offset 42", start.ToString());
    }

    [Fact]
    public void FromTimestamp_TellsTheTimeOnly()
    {
        StartAt start = StartAt.FromTimestamp(DateTimeOffset.UnixEpoch);

        Assert.Equal(DateTimeOffset.UnixEpoch, start.Timestamp);
        Assert.Null(start.Offset);
        Assert.Equal("Timestamp 1970-01-01T00:00:00.0000000+00:00", start.ToString());
    }

    [Fact]
    public void Latest_TellsNeither()
    {
        Assert.Null(StartAt.Latest.Offset);
        Assert.Null(StartAt.Latest.Timestamp);
        Assert.Equal("Latest", StartAt.Latest.ToString());
    }
}
