namespace EmbeddedLog.Tests.Records;

public sealed class RecordTests
{
    private static readonly DateTimeOffset s_time = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.FromHours(2));

    [Fact]
    public void Constructor_KeyAndValue_AreThoseGiven()
    {
        var headers = new Headers { { "h", "1" } };
        var record = new Record<string, int>("t", 3, 42, s_time.AddTicks(7), "k", 5, headers);

        Assert.Equal("t", record.Topic);
        Assert.Equal(3, record.Partition);
        Assert.Equal(42, record.Offset);
        Assert.Equal(s_time, record.Timestamp);
        Assert.Equal(TimeSpan.Zero, record.Timestamp.Offset);
        Assert.Equal("k", record.Key);
        Assert.Equal(5, record.Value);
        Assert.True(record.HasKey);
        Assert.False(record.IsTombstone);
        Assert.Same(headers, record.Headers);
        Assert.Equal(new TopicPartition("t", 3), record.TopicPartition);
        Assert.Equal(new TopicPartitionOffset("t", 3, 42), record.TopicPartitionOffset);
        Assert.Equal("t-3@42 k", record.ToString());
    }

    [Fact]
    public void Constructor_Nulls_HasNeitherKeyNorValue()
    {
        var record = new Record<string?, int?>("t", 0, 0, s_time, null, null);

        Assert.False(record.HasKey);
        Assert.True(record.IsTombstone);
        Assert.Same(Headers.Empty, record.Headers);
        Assert.Equal("t-0@0", record.ToString());
    }

    [Fact]
    public void Constructor_NonsensePosition_Throws()
    {
        Assert.Throws<ArgumentNullException>("topic", () => new Record<int, int>(null!, 0, 0, s_time, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("partition", () => new Record<int, int>("t", -1, 0, s_time, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>("offset", () => new Record<int, int>("t", 0, -1, s_time, 1, 1));
    }

    [Fact]
    public void InternalConstructor_NullFromACodec_IsNoTombstone()
    {
        // The JSON text "null" is a value that is there.
        var record = new Record<string?, string?>(
            "t", 0, 0, timestamp: 0, key: null, hasKey: true, value: null, isTombstone: false, headers: null);

        Assert.True(record.HasKey);
        Assert.False(record.IsTombstone);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-140_737_488_355_328)]
    public void Timestamp_BeforeTheCalendar_IsItsBeginning(long milliseconds) =>
        Assert.Equal(DateTimeOffset.MinValue, At(milliseconds).Timestamp);

    [Fact]
    public void Timestamp_AfterTheCalendar_IsItsEnd() =>
        Assert.Equal(
            DateTimeOffset.MaxValue.ToUnixTimeMilliseconds(),
            At(long.MaxValue).Timestamp.ToUnixTimeMilliseconds());

    [Fact]
    public void Equals_TwoReadsOfOneRecord_AreEqual() =>
        Assert.Equal(At(1), new Record<int, int>("t", 0, 0, DateTimeOffset.UnixEpoch.AddMilliseconds(1), 1, 1));

    [Fact]
    public void Default_HeadersAreEmpty() => Assert.Same(Headers.Empty, default(Record<int, int>).Headers);

    private static Record<int, int> At(long milliseconds) =>
        new("t", 0, 0, milliseconds, key: 1, hasKey: true, value: 1, isTombstone: false, headers: null);
}
