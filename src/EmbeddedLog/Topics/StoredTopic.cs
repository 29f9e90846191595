namespace EmbeddedLog.Topics;

/// <summary>A topic as its directory describes it.</summary>
/// <param name="Directory">The topic's directory.</param>
/// <param name="Name">The topic's name.</param>
/// <param name="Uid">Distinguishes the topic from a later one of the same name.</param>
/// <param name="Options">Valid options.</param>
internal sealed record StoredTopic(string Directory, string Name, ulong Uid, TopicOptions Options);
