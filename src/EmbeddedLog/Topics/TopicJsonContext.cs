using System.Text.Json.Serialization;

namespace EmbeddedLog.Topics;

/// <summary>Reads and writes <c>topic.json</c> without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TopicDescriptor))]
internal sealed partial class TopicJsonContext : JsonSerializerContext;
