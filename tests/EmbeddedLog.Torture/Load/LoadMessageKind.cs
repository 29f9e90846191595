namespace EmbeddedLog.Torture.Load;

/// <summary>What a child tells.</summary>
internal enum LoadMessageKind : byte
{
    /// <summary>It runs and waits to be told what to do; the sequence is its process id.</summary>
    Ready = 1,

    /// <summary>It begins to open the log.</summary>
    Opening,

    /// <summary>The log is open.</summary>
    Opened,

    /// <summary>The log could not be opened; a text says why.</summary>
    OpenFailed,

    /// <summary>Records were acknowledged, at the level that is told.</summary>
    Appended,

    /// <summary>All records below the offset were acknowledged as flushed.</summary>
    Flushed,

    /// <summary>An append was refused: its records must not be in the log.</summary>
    Refused,

    /// <summary>Something was not acknowledged, and its records may be in the log or not.</summary>
    Unclear,

    /// <summary>A group is about to commit the offset.</summary>
    Committing,

    /// <summary>A commit was acknowledged, at the level that is told.</summary>
    Committed,

    /// <summary>It begins to close the log.</summary>
    Closing,

    /// <summary>The log is closed.</summary>
    Closed,

    /// <summary>A text says what happened.</summary>
    Note,

    /// <summary>The child itself saw a promise broken; a text says which.</summary>
    Violation,
}
