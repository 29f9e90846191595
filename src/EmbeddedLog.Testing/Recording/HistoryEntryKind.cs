namespace EmbeddedLog.Testing;

/// <summary>What a <see cref="HistoryEntry"/> is about.</summary>
public enum HistoryEntryKind
{
    /// <summary>A producer was asked to send a record.</summary>
    Sent,

    /// <summary>The record is acknowledged: written, or flushed, as <see cref="HistoryEntry.Detail"/> says.</summary>
    Acknowledged,

    /// <summary>The send has failed: the record may be in the log, or not.</summary>
    SendFailed,

    /// <summary>A consumer was given a partition.</summary>
    Assigned,

    /// <summary>A consumer has given a partition up, or has lost it.</summary>
    Revoked,

    /// <summary>A consumer handed a record out: to a loop, or to a handler.</summary>
    HandedOut,

    /// <summary>A handler has thrown.</summary>
    HandlerFailed,

    /// <summary>
    /// A consumer counts a record as finished: its handler has returned, the next one was asked for, or it was finished
    /// or committed by hand.
    /// </summary>
    Finished,

    /// <summary>An <see cref="EffectSink{TValue}"/> has taken what a record was handled with.</summary>
    Effect,

    /// <summary>A group has committed: <see cref="HistoryEntry.Offset"/> is the next one to read.</summary>
    Committed,

    /// <summary>A dead letter was found for a record, when the laws were checked.</summary>
    DeadLettered,

    /// <summary>How many records a group is behind in all, in <see cref="HistoryEntry.Offset"/>.</summary>
    Lag,

    /// <summary>The process was killed, or the power failed.</summary>
    Crashed,

    /// <summary>
    /// A partition after a crash, or when the laws were checked: <see cref="HistoryEntry.Offset"/> is its end.
    /// </summary>
    Recovered,

    /// <summary>The clock was moved.</summary>
    Advanced,

    /// <summary>Nothing more comes: whatever is not handled now is not handled at all.</summary>
    Ended,
}
