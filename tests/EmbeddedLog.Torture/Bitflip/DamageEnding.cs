namespace EmbeddedLog.Torture.Bitflip;

/// <summary>How the damaged log ended.</summary>
internal enum DamageEnding
{
    /// <summary>Closed cleanly.</summary>
    Closed,

    /// <summary>Its process was killed, and the page cache has survived.</summary>
    Killed,

    /// <summary>The power was lost after everything was flushed and a checkpoint recorded it.</summary>
    PowerLost,

    /// <summary>
    /// The power was lost right after a flush. Nothing else on the disk proves what that flush wrote, so damage there
    /// cannot be distinguished from tearing.
    /// </summary>
    PowerLostUnproven,
}
