namespace EmbeddedLog.Handling;

/// <summary>Where a record in hand is on its way.</summary>
internal enum HandlingState
{
    /// <summary>Behind another record of its key or partition.</summary>
    Blocked,

    /// <summary>To be handled next.</summary>
    Ready,

    /// <summary>Its handler, or the policy for its failure, runs.</summary>
    Running,

    /// <summary>Waits for its next attempt.</summary>
    Waiting,

    /// <summary>Handled, or skipped.</summary>
    Ended,

    /// <summary>Not handled: it comes again.</summary>
    GivenBack,
}
