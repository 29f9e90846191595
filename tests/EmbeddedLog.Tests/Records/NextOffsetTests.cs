using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Records;

/// <summary>What is committed is the next offset, and a record's own is not taken for it.</summary>
public sealed class NextOffsetTests
{
    private static readonly string[] s_consumers = ["IConsumer<string, string>", "Consumer<string, string>"];

    [Fact]
    public void After_ARecord_IsTheOffsetBehindIt()
    {
        TopicPartitionOffset record = new("page-views", 3, 41);

        NextOffset next = NextOffset.After(record);

        Assert.Equal(new NextOffset(new TopicPartition("page-views", 3), 42), next);
        Assert.Equal("page-views-3 next 42", next.ToString());
        Assert.Throws<OverflowException>(() => NextOffset.After(record with { Offset = long.MaxValue }));
    }

    [Theory]
    [InlineData("consumer.CommitAsync(record)")]
    [InlineData("consumer.CommitAsync(NextOffset.After(record.TopicPartitionOffset))")]
    [InlineData("consumer.CommitAsync(new NextOffset(record.TopicPartition, record.Offset + 1), null)")]
    public void Commit_OfWhatIsNext_Compiles(string commit) => Assert.Empty(Errors(commit));

    [Theory]
    [InlineData("consumer.CommitAsync(record.TopicPartitionOffset)")]
    [InlineData("consumer.CommitAsync(record.TopicPartitionOffset, null)")]
    [InlineData("consumer.CommitAsync((NextOffset)record.TopicPartitionOffset)")]
    [InlineData("consumer.CommitAsync(new NextOffset(record.TopicPartitionOffset))")]
    [InlineData("consumer.CommitAsync(record.Offset)")]
    public void Commit_OfARecordsOwnOffset_IsRefused(string commit) => Assert.NotEmpty(Errors(commit));

    private static string[] Errors(string commit) =>
    [
        .. s_consumers.SelectMany(type => Snippet.Errors(
            $$"""
            static async System.Threading.Tasks.Task Commit({{type}} consumer, Record<string, string> record)
            {
                await {{commit}};
            }
            """)),
    ];
}
