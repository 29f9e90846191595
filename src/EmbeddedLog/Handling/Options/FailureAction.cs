namespace EmbeddedLog;

/// <summary>What to do with a record whose last attempt has failed, or that cannot be read.</summary>
public enum FailureAction
{
    /// <summary>Stop, and throw the exception. The record is not finished: it comes again.</summary>
    Stop,

    /// <summary>Log a warning, and count the record as finished.</summary>
    Skip,

    /// <summary>
    /// Append the record to <see cref="ForEachOptions.DeadLetterTopic"/>, log a warning, and count it as finished when
    /// that is on the disk. Where it cannot be appended, stop, and throw both exceptions.
    /// </summary>
    DeadLetter,
}
