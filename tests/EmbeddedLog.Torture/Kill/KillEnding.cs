namespace EmbeddedLog.Torture.Kill;

/// <summary>When in its life a child is killed.</summary>
internal enum KillEnding
{
    /// <summary>While it appends and reads.</summary>
    Working,

    /// <summary>While it opens the log.</summary>
    Opening,

    /// <summary>While it closes the log, or just behind.</summary>
    Closing,

    /// <summary>Not at all: it closes the log.</summary>
    Never,
}
