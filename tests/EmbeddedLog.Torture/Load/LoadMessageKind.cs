namespace EmbeddedLog.Torture.Load;

/// <summary>The kind of a child's message.</summary>
internal enum LoadMessageKind : byte
{
    /// <summary>It runs and waits for its order; the sequence is its process id.</summary>
    Ready = 1,

    /// <summary>It begins to open the log.</summary>
    Opening,

    /// <summary>The log is open.</summary>
    Opened,

    /// <summary>The log could not be opened; a text says why.</summary>
    OpenFailed,

    /// <summary>Records were acknowledged, at the level in the message.</summary>
    Appended,

    /// <summary>All records below the offset were acknowledged as flushed.</summary>
    Flushed,

    /// <summary>An append was refused: its records must not be in the log.</summary>
    Refused,

    /// <summary>A call failed without an acknowledgement; its records may be in the log or not.</summary>
    Unclear,

    /// <summary>A group is about to commit the offset.</summary>
    Committing,

    /// <summary>A commit was acknowledged, at the level in the message.</summary>
    Committed,

    /// <summary>It begins to close the log.</summary>
    Closing,

    /// <summary>The log is closed.</summary>
    Closed,

    /// <summary>An event, described in the text.</summary>
    Note,

    /// <summary>The child itself saw a broken promise, described in the text.</summary>
    Violation,
}
