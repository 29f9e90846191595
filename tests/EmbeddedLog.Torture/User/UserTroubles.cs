namespace EmbeddedLog.Torture.User;

/// <summary>The troubles around a log in one life, all outside the library.</summary>
[Flags]
internal enum UserTroubles
{
    /// <summary>None: the load of the other modes.</summary>
    None = 0,

    /// <summary>The logger throws, is slow, and calls the log.</summary>
    Logger = 1 << 0,

    /// <summary>The clock throws and jumps, and its timers cannot be made.</summary>
    Clock = 1 << 1,

    /// <summary>Serializers, partitioners and deserializers throw, are slow, and call the log.</summary>
    Serializers = 1 << 2,

    /// <summary>The receiver of progress throws.</summary>
    Progress = 1 << 3,

    /// <summary>File handles run out and come back.</summary>
    Handles = 1 << 4,

    /// <summary>The thread pool has two threads, both occupied by synchronous senders.</summary>
    Pool = 1 << 5,

    /// <summary>The directory is moved, and another log is made at its old path.</summary>
    Moved = 1 << 6,

    /// <summary>The directory is removed, which ends the story.</summary>
    Removed = 1 << 7,

    /// <summary>Records of every size up to the limit. Part of each life of the mode.</summary>
    Sizes = 1 << 8,
}
