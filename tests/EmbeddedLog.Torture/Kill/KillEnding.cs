namespace EmbeddedLog.Torture.Kill;

/// <summary>The moment in its life at which a child is killed.</summary>
internal enum KillEnding
{
    /// <summary>While it appends and reads.</summary>
    Working,

    /// <summary>While it opens the log.</summary>
    Opening,

    /// <summary>While it closes the log, or just after.</summary>
    Closing,

    /// <summary>Not at all: it closes the log.</summary>
    Never,
}
