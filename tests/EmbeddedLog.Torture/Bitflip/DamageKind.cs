namespace EmbeddedLog.Torture.Bitflip;

/// <summary>A kind of change to a file.</summary>
internal enum DamageKind
{
    /// <summary>One bit is inverted.</summary>
    Flip,

    /// <summary>The file is cut.</summary>
    Cut,

    /// <summary>Up to a few hundred consecutive bytes are overwritten.</summary>
    Overwrite,

    /// <summary>The file is removed.</summary>
    Missing,

    /// <summary>The file is put back as it was at an earlier clean close.</summary>
    Older,
}
