namespace EmbeddedLog.Tests.Records;

public sealed class ProducerRecordTests
{
    [Fact]
    public void Constructor_KeyAndValue_LeavesTheRestToTheDefaults()
    {
        var record = new ProducerRecord<string, int>("k", 1);

        Assert.True(record.HasKey);
        Assert.False(record.IsTombstone);
        Assert.Null(record.Partition);
        Assert.Null(record.Timestamp);
        Assert.Null(record.Headers);
    }

    [Fact]
    public void Constructor_Nulls_HasNeitherKeyNorValue()
    {
        var record = new ProducerRecord<string?, string?>(null, null);

        Assert.False(record.HasKey);
        Assert.True(record.IsTombstone);
    }

    [Fact]
    public void ImplicitConversion_Pair_IsARecord()
    {
        ProducerRecord<string, int> record = ("k", 1);

        Assert.Equal(ProducerRecord.Create("k", 1), record);
    }

    [Fact]
    public void WithoutKey_StructKey_HasNone()
    {
        ProducerRecord<int, string> record = ProducerRecord.WithoutKey<int, string>("v");

        Assert.False(record.HasKey);
        Assert.Equal("v", record.Value);
        Assert.False(record.IsTombstone);
        Assert.NotEqual(new ProducerRecord<int, string>(0, "v"), record);
    }

    [Fact]
    public void WithoutKey_NullValue_IsATombstone() =>
        Assert.True(ProducerRecord.WithoutKey<int, string?>(null).IsTombstone);

    [Fact]
    public void Tombstone_StructValue_HasNone()
    {
        ProducerRecord<string, int> record = ProducerRecord.Tombstone<string, int>("k");

        Assert.True(record.IsTombstone);
        Assert.True(record.HasKey);
        Assert.Equal("k", record.Key);
    }

    [Fact]
    public void With_KeyAndValueGivenLater_AreThere()
    {
        ProducerRecord<int, int> record = ProducerRecord.WithoutKey<int, int>(1) with { Key = 7 };
        Assert.True(record.HasKey);

        record = ProducerRecord.Tombstone<int, int>(7) with { Value = 1 };
        Assert.False(record.IsTombstone);
    }

    [Fact]
    public void With_OtherProperties_KeepsTheAbsenceOfKeyAndValue()
    {
        Assert.False((ProducerRecord.WithoutKey<int, int>(1) with { Partition = 2 }).HasKey);
        Assert.True((ProducerRecord.Tombstone<int, int>(1) with { Partition = 2 }).IsTombstone);
    }
}
