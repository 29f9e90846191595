namespace EmbeddedLog.Tests;

/// <summary>The contract of readers, for a log that another one owns.</summary>
public sealed class FollowingReaderTests : LogReaderContractTests
{
    [Fact]
    public async Task CreateConsumer_OfAGroup_IsRefusedAndSaysWhatToDo()
    {
        await Owner.CreateTopicAsync("t");

        var refusal = Assert.Throws<ArgumentException>(
            "group", () => Reader.CreateConsumer<string, int>("t", group: "audit"));

        Assert.Contains("'audit'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("leave the group out", refusal.Message, StringComparison.Ordinal);
    }

    private protected override async ValueTask<ILogReader> OpenReaderAsync(ICommitLog owner, string directory) =>
        await CommitLog.OpenReadOnlyAsync(directory);
}
