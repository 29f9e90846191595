using System.Text.Json.Serialization;

namespace EmbeddedLog.Topics;

/// <summary>
/// Reads and writes <c>topic.json</c> without reflection. The line ends are the same on every system, because the
/// checksum includes them: with the system's line ends a log from Linux would be reported as damaged on Windows.
/// </summary>
[JsonSourceGenerationOptions(WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true)]
[JsonSerializable(typeof(TopicDescriptor))]
internal sealed partial class TopicJsonContext : JsonSerializerContext;
