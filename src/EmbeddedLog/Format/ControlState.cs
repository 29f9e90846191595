namespace EmbeddedLog.Format;

/// <summary>What an owner is doing, as far as followers must know.</summary>
internal enum ControlState
{
    /// <summary>Nothing was said yet.</summary>
    None,

    /// <summary>The log is being opened: nothing else in the control file means anything.</summary>
    Opening,

    /// <summary>The log is open, or its owner has died.</summary>
    Open,

    /// <summary>The log was closed, cleanly or not.</summary>
    Closed,
}
