namespace EmbeddedLog.Format.Checksums;

/// <summary>What a block of bytes that should describe itself turned out to be.</summary>
internal enum BlockStatus
{
    /// <summary>Written by this version or an older one, and intact.</summary>
    Valid,

    /// <summary>All zero: never written.</summary>
    Blank,

    /// <summary>Neither intact nor blank, or intact with contents that no writer produces.</summary>
    Corrupt,

    /// <summary>Intact, and written by a newer version, which this one cannot interpret.</summary>
    NewerVersion,
}
