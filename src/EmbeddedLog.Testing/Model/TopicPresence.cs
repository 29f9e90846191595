namespace EmbeddedLog.Testing.Model;

/// <summary>Whether a topic exists.</summary>
internal enum TopicPresence
{
    /// <summary>It does not exist, and must not be found.</summary>
    Absent,

    /// <summary>It exists, and must be found.</summary>
    Present,

    /// <summary>The machine stopped while it was made or deleted: both are right.</summary>
    Uncertain,
}
