namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>What a program that commits offsets may do.</summary>
internal enum CommitStep
{
    /// <summary>Appends some records, written.</summary>
    Append,

    /// <summary>Flushes the records.</summary>
    FlushRecords,

    /// <summary>Commits the end of the log, written.</summary>
    CommitEnd,

    /// <summary>Commits some offset below the end, written.</summary>
    CommitBack,

    /// <summary>Flushes the commits, and not the records.</summary>
    FlushCommits,

    /// <summary>Lets the background work of some seconds be done.</summary>
    Wait,

    /// <summary>Closes everything and opens it again.</summary>
    Reopen,

    /// <summary>The process dies.</summary>
    Kill,

    /// <summary>The power goes.</summary>
    PowerLoss,
}
