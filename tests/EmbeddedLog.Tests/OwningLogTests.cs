namespace EmbeddedLog.Tests;

/// <summary>The contract of logs, for one in a directory.</summary>
public sealed class OwningLogTests : CommitLogContractTests
{
    private protected override ValueTask<ILogReader> OpenReaderAsync(ICommitLog owner, string directory) =>
        ValueTask.FromResult<ILogReader>(owner);
}
