namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What a program around a consumer may do.</summary>
internal enum ConsumerStep
{
    /// <summary>Appends some records to one partition, written.</summary>
    Append,

    /// <summary>Appends a record that cannot be read.</summary>
    AppendBad,

    /// <summary>Lets time pass, so that a partition in trouble may be tried again.</summary>
    Wait,

    /// <summary>Flushes one partition.</summary>
    Flush,

    /// <summary>Flushes one partition, and removes its first records, as retention does.</summary>
    Retain,

    /// <summary>Reads some records, as far as they are there, and leaves the loop by a break or an exception.</summary>
    Read,

    /// <summary>Reads some batches, as far as they are there.</summary>
    ReadBatches,

    /// <summary>Reads to the end.</summary>
    ReadToEnd,

    /// <summary>Begins to read, is cancelled while it waits, or before.</summary>
    ReadAndCancel,

    /// <summary>Reads some records, and does other steps with each in hand; leaves it in any way.</summary>
    ReadAndAct,

    /// <summary>The same with batches.</summary>
    ReadBatchesAndAct,

    /// <summary>The same with a read to the end, which comes to it.</summary>
    ReadToEndAndAct,

    /// <summary>Commits the last record that was handed out.</summary>
    CommitRecord,

    /// <summary>Commits any offset of one partition.</summary>
    CommitOffset,

    /// <summary>Finishes a record that was handed out.</summary>
    FinishRecord,

    /// <summary>Commits what is finished.</summary>
    CommitFinished,

    /// <summary>Pauses a partition.</summary>
    Pause,

    /// <summary>Resumes a partition.</summary>
    Resume,

    /// <summary>Goes back to the last record that was handed out, as after a failure.</summary>
    Retry,

    /// <summary>Goes on at any offset of one partition.</summary>
    Seek,

    /// <summary>Goes on at the beginnings, the ends, or a time.</summary>
    SeekAll,

    /// <summary>The same in one partition.</summary>
    SeekOne,

    /// <summary>Goes on behind the last record that could not be read.</summary>
    Skip,

    /// <summary>Disposes the consumer and makes another one of the group.</summary>
    Restart,

    /// <summary>Closes the log and opens it again.</summary>
    Reopen,

    /// <summary>The process dies.</summary>
    Kill,

    /// <summary>The power goes.</summary>
    PowerLoss,
}
