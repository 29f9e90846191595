namespace EmbeddedLog.Format;

/// <summary>The state of the owner, as far as followers need it.</summary>
internal enum ControlState
{
    /// <summary>No state was written yet.</summary>
    None,

    /// <summary>The log is being opened: everything else in the control file is invalid.</summary>
    Opening,

    /// <summary>The log is open, or its owner has died.</summary>
    Open,

    /// <summary>The log was closed, cleanly or not.</summary>
    Closed,
}
