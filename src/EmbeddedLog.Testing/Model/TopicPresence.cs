namespace EmbeddedLog.Testing.Model;

/// <summary>Whether a topic is there.</summary>
internal enum TopicPresence
{
    /// <summary>It is not, and must not be found.</summary>
    Absent,

    /// <summary>It is, and must be found.</summary>
    Present,

    /// <summary>The machine stopped while it was made or deleted: both are right.</summary>
    Uncertain,
}
