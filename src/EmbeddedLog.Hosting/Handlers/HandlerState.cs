namespace EmbeddedLog.Hosting;

/// <summary>What a handler is doing.</summary>
public enum HandlerState
{
    /// <summary>It was not started, or was stopped.</summary>
    Stopped,

    /// <summary>It handles records, or waits for some.</summary>
    Running,

    /// <summary>It is paused: it keeps its partitions, and takes no records.</summary>
    Paused,

    /// <summary>It stopped with a failure, and starts again after a pause.</summary>
    Failed,
}
