namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What can happen to consumers whose records go to handlers.</summary>
internal enum HandlingStep
{
    /// <summary>A partition gets a record.</summary>
    Append,

    /// <summary>A consumer comes.</summary>
    Join,

    /// <summary>A consumer stops, and is disposed.</summary>
    Leave,

    /// <summary>A consumer is disposed while its handlers run.</summary>
    Dispose,

    /// <summary>A consumer's loop is stopped, and begins again when what runs has ended.</summary>
    Restart,

    /// <summary>The next handlers hang.</summary>
    Hang,

    /// <summary>Those that hang go on.</summary>
    GoOn,

    /// <summary>The next handler throws.</summary>
    Fail,

    /// <summary>A consumer commits what is finished.</summary>
    Commit,

    /// <summary>Time goes by.</summary>
    Wait,
}
