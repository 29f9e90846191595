namespace EmbeddedLog.Format;

/// <summary>The directory of a topic at a clean close, so that an error can name a missing topic.</summary>
/// <param name="Uid">The topic.</param>
/// <param name="Directory">The name of its directory, ASCII.</param>
internal readonly record struct ClosedTopic(ulong Uid, string Directory);
