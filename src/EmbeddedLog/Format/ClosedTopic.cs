namespace EmbeddedLog.Format;

/// <summary>Where a topic lay at a clean close, so that one that is missing can be named.</summary>
/// <param name="Uid">The topic.</param>
/// <param name="Directory">The name of its directory, ASCII.</param>
internal readonly record struct ClosedTopic(ulong Uid, string Directory);
