namespace EmbeddedLog.Testing.Model;

/// <summary>The kinds of steps. Amount, size and choice have the meaning given here, and none elsewhere.</summary>
internal enum ModelStepKind
{
    /// <summary>Appends the amount of records, each of about the size; the choice gives their form.</summary>
    Append,

    /// <summary>Appends the same as one batch.</summary>
    AppendBatch,

    /// <summary>Waits until everything is flushed; with an odd choice it only requests the flush.</summary>
    Flush,

    /// <summary>Ends the segment, if it has records.</summary>
    Roll,

    /// <summary>Moves the clock by the amount in milliseconds, and runs everything that becomes due.</summary>
    Advance,

    /// <summary>Runs a few items of the work queue.</summary>
    Work,

    /// <summary>Removes the records below an offset, which the amount gives in thousandths of the log.</summary>
    DeleteBefore,

    /// <summary>Reads from the offset that the amount gives, the last record, and the first one of a time.</summary>
    Read,

    /// <summary>Closes the log and opens it again.</summary>
    Reopen,

    /// <summary>Ends the machine's life now, in the way of the choice, and opens the log again.</summary>
    Crash,

    /// <summary>
    /// Stops the machine after the amount of further changes to the disk. As a first step, this can be in the first
    /// opening.
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

    /// <summary>Leaves the amount of pages free on the disk.</summary>
    FillDisk,

    /// <summary>Gives the disk space again.</summary>
    FreeDisk,

    /// <summary>
    /// Commits an offset, in thousandths of the log, for the group of the choice; with an odd amount in all partitions
    /// together.
    /// </summary>
    Commit,

    /// <summary>Changes the topic's retention by amount and choice, and applies it.</summary>
    Retain,

    /// <summary>Makes the second topic, if there is none.</summary>
    CreateTopic,

    /// <summary>Deletes the second topic, if there is one.</summary>
    DeleteTopic,

    /// <summary>
    /// Adds one partition or two, by the amount, to the second topic if there is one and the choice is a multiple of
    /// three, else to the first. They get records from then on, and a crash must keep or lose all of them together.
    /// </summary>
    AddPartitions,

    /// <summary>
    /// Closes the log and moves a sector of a segment, which amount and choice give, to another one's place. A read
    /// must report it, and the program ends with that.
    /// </summary>
    Misplace,
}
