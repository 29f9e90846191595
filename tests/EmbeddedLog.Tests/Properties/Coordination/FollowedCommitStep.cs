namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>What an owner of a log, and a process that follows it with a group, may do.</summary>
internal enum FollowedCommitStep
{
    /// <summary>The owner appends some records, written.</summary>
    Append,

    /// <summary>The owner flushes its records.</summary>
    FlushRecords,

    /// <summary>The follower reads some records.</summary>
    Read,

    /// <summary>The follower commits what it has read.</summary>
    CommitFinished,

    /// <summary>The follower commits some offset below.</summary>
    CommitBack,

    /// <summary>The follower flushes its commits.</summary>
    FlushCommits,

    /// <summary>The follower's background work of some seconds is done.</summary>
    Wait,

    /// <summary>The owner closes the log.</summary>
    CloseOwner,

    /// <summary>The owner dies.</summary>
    KillOwner,

    /// <summary>The owner dies, the device loses records that were not flushed, and the next owner recovers.</summary>
    LoseRecords,

    /// <summary>The follower ends as a program ends.</summary>
    CloseFollower,

    /// <summary>The follower dies.</summary>
    KillFollower,

    /// <summary>The power goes.</summary>
    PowerLoss,
}
