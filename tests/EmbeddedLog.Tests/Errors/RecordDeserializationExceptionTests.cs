namespace EmbeddedLog.Tests.Errors;

public sealed class RecordDeserializationExceptionTests
{
    private static readonly TopicPartitionOffset s_record = new("page-views", 3, 42);

    [Fact]
    public void Create_Value_NamesTheSeekThatSkipsTheRecord()
    {
        var cause = new InvalidDataException("Int32 takes 4 bytes, but the data have 7.");
        var headers = new Headers([new Header("h")]);

        var exception = RecordDeserializationException.Create(
            s_record, isKey: false, typeof(int), cause, new byte[] { 1 }, new byte[] { 2, 3 }, headers);

        Assert.Equal(
            "The value of record page-views-3@42 cannot be read as int: "
            + "Int32 takes 4 bytes, but the data have 7. "
            + "The position stays at this record. To skip it: "
            + "consumer.Skip(exception), or "
            + "consumer.Seek(new TopicPartitionOffset(\"page-views\", 3, 43))",
            exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.Equal("page-views", exception.Topic);
        Assert.Equal(3, exception.Partition);
        Assert.Equal(42, exception.Offset);
        Assert.False(exception.IsKey);
        Assert.Equal([1], exception.RawKey!.Value.ToArray());
        Assert.Equal([2, 3], exception.RawValue!.Value.ToArray());
        Assert.Same(headers, exception.Headers);
    }

    [Fact]
    public void CreateForNull_Key_NamesTheTypeThatAdmitsNull()
    {
        var exception = RecordDeserializationException.CreateForNull(
            s_record, isKey: true, typeof(int), rawKey: null, new byte[] { 2 }, Headers.Empty);

        Assert.StartsWith(
            "The key of record page-views-3@42 is null, which int does not admit",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Contains("int?", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"page-views\", 3, 43", exception.Message, StringComparison.Ordinal);
        Assert.True(exception.IsKey);
        Assert.Null(exception.RawKey);
        Assert.Null(exception.InnerException);
    }
}
