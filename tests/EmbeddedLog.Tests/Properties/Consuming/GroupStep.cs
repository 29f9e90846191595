namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What can happen to a group.</summary>
internal enum GroupStep
{
    /// <summary>Each topic gets a record.</summary>
    Append,

    /// <summary>A member comes.</summary>
    Join,

    /// <summary>A member is disposed.</summary>
    Leave,

    /// <summary>A member's handler does not return.</summary>
    Stick,

    /// <summary>It returns after all.</summary>
    GoOn,

    /// <summary>A second goes by, or the time that a handler may take.</summary>
    Wait,

    /// <summary>There is a new topic.</summary>
    AddTopic,

    /// <summary>A topic gets a partition more.</summary>
    AddPartitions,

    /// <summary>A member pauses one of its partitions.</summary>
    Pause,

    /// <summary>A member goes on with all of its partitions.</summary>
    Resume,

    /// <summary>A member goes back in one of its partitions.</summary>
    SeekBack,

    /// <summary>Another group reads some records, at its own pace.</summary>
    OtherGroup,

    /// <summary>The process is killed, and the log opened again.</summary>
    Kill,

    /// <summary>Power is lost, and the log opened again.</summary>
    PowerLoss,
}
