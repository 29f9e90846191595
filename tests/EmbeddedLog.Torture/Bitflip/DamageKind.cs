namespace EmbeddedLog.Torture.Bitflip;

/// <summary>What is done to a file.</summary>
internal enum DamageKind
{
    /// <summary>One bit is inverted.</summary>
    Flip,

    /// <summary>It ends earlier.</summary>
    Cut,

    /// <summary>Up to some hundred bytes in a row become others.</summary>
    Overwrite,

    /// <summary>It is gone.</summary>
    Missing,

    /// <summary>It was put back as it was at an earlier clean close.</summary>
    Older,
}
