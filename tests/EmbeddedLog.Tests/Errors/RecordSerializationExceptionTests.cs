namespace EmbeddedLog.Tests.Errors;

public sealed class RecordSerializationExceptionTests
{
    [Theory]
    [InlineData(true, "key")]
    [InlineData(false, "value")]
    public void Create_SaysThatNothingWasAppended(bool isKey, string part)
    {
        var cause = new InvalidOperationException("It cannot be.");

        var exception = RecordSerializationException.Create("page-views", isKey, typeof(Version), cause);

        Assert.Equal(
            $"The {part} of a record for topic 'page-views' could not be serialized as Version: It cannot be. "
            + "Nothing was appended. Correct the data or the serializer, and send the record again.",
            exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.Equal("page-views", exception.Topic);
        Assert.Equal(isKey, exception.IsKey);
    }
}
