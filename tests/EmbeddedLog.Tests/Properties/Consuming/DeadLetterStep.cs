namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What can happen to a consumer that keeps dead letters.</summary>
internal enum DeadLetterStep
{
    /// <summary>A partition gets a record: one that is handled, one that fails, or one that cannot be read.</summary>
    Append,

    /// <summary>Some of the work that waits is done.</summary>
    Work,

    /// <summary>Time goes by: attempts are made again, and what is finished is committed.</summary>
    Wait,

    /// <summary>The consumer is disposed, and another one comes.</summary>
    Restart,

    /// <summary>What is committed is flushed.</summary>
    FlushCommits,

    /// <summary>The process dies.</summary>
    Kill,

    /// <summary>The power goes.</summary>
    PowerLoss,
}
