namespace EmbeddedLog.Torture.Bitflip;

/// <summary>How the log that is damaged had ended.</summary>
internal enum DamageEnding
{
    /// <summary>Closed cleanly.</summary>
    Closed,

    /// <summary>Its process was killed, and the page cache has survived.</summary>
    Killed,

    /// <summary>The power went when everything had been flushed and a checkpoint told so.</summary>
    PowerLost,

    /// <summary>
    /// The power went right after a flush: nothing on the disk proves what that flush wrote, so damage there cannot be
    /// told from tearing.
    /// </summary>
    PowerLostUnproven,
}
