namespace EmbeddedLog.Testing.Recording;

/// <summary>What goes wrong with a record on the way to its reader, on purpose.</summary>
internal enum SabotageKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It does not come.</summary>
    Lose,

    /// <summary>It comes behind the next one.</summary>
    Delay,
}
