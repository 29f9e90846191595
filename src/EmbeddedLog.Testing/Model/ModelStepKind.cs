namespace EmbeddedLog.Testing.Model;

/// <summary>
/// What a step of a program does. Amount, size and choice mean what is said here, anything else nothing.
/// </summary>
internal enum ModelStepKind
{
    /// <summary>
    /// Appends as many records as the amount says, each of about the size; the choice gives their form.
    /// </summary>
    Append,

    /// <summary>Appends the same as one batch.</summary>
    AppendBatch,

    /// <summary>Waits until everything is flushed; with an odd choice it only asks for it and goes on.</summary>
    Flush,

    /// <summary>Ends the segment, if it has records.</summary>
    Roll,

    /// <summary>Moves the clock by the amount in milliseconds, and does what becomes due.</summary>
    Advance,

    /// <summary>Does a few things that wait on the work queue.</summary>
    Work,

    /// <summary>Removes the records below a place that the amount gives, in thousandths of the log.</summary>
    DeleteBefore,

    /// <summary>Reads from a place that the amount gives, the last record, and the first one of a time.</summary>
    Read,

    /// <summary>Closes the log and opens it again.</summary>
    Reopen,

    /// <summary>Ends the machine's life now, in the way that the choice gives, and opens the log again.</summary>
    Crash,

    /// <summary>
    /// Lets the machine stop after as many more changes to the disk as the amount says. As a first step, it can do so
    /// in the first opening.
    /// </summary>
    CrashSoon,

    /// <summary>
    /// As <see cref="Crash"/>, and again in the middle of the recovery, after the amount of changes.
    /// </summary>
    CrashTwice,

    /// <summary>
    /// Lets the next flush fail and lose what it should have written; the size is the share in hundredths.
    /// </summary>
    FailFlush,

    /// <summary>Leaves as many pages free on the disk as the amount says.</summary>
    FillDisk,

    /// <summary>Gives the disk space again.</summary>
    FreeDisk,

    /// <summary>
    /// Commits a place, in thousandths of the log, by the group that the choice gives; with an odd amount in all
    /// partitions together.
    /// </summary>
    Commit,

    /// <summary>Changes the topic's retention to what amount and choice give, and applies it.</summary>
    Retain,

    /// <summary>Makes the second topic, where there is none.</summary>
    CreateTopic,

    /// <summary>Deletes the second topic, where there is one.</summary>
    DeleteTopic,

    /// <summary>
    /// Closes the log and lets the disk put a sector of a segment, which amount and choice give, in another one's
    /// place. Whoever reads must be told; with that the program ends.
    /// </summary>
    Misplace,
}
