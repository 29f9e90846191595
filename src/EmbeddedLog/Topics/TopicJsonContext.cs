using System.Text.Json.Serialization;

namespace EmbeddedLog.Topics;

/// <summary>
/// Reads and writes <c>topic.json</c> without reflection. Its lines end alike on every system, for the checksum is that
/// of what is written: with the system's own line ends a log from Linux would pass for damaged on Windows.
/// </summary>
[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true)]
[JsonSerializable(typeof(TopicDescriptor))]
internal sealed partial class TopicJsonContext : JsonSerializerContext;
