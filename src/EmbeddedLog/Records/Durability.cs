namespace EmbeddedLog;

/// <summary>What an acknowledged record survives.</summary>
public enum Durability
{
    /// <summary>
    /// The record is in the system's page cache: it survives the death of the process, not the loss of power.
    /// </summary>
    Written,

    /// <summary>The record is on the disk: it survives the loss of power.</summary>
    Flushed,
}
