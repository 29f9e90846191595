using System.Text.Json.Serialization;
using AccessLog.Input;
using AccessLog.Views;

namespace AccessLog;

/// <summary>The JSON metadata of all values that the sample keeps, generated at build time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(AccessLine))]
[JsonSerializable(typeof(RejectedLine))]
[JsonSerializable(typeof(SourceCheckpoint))]
[JsonSerializable(typeof(Snapshot<RequestsPerMinute>))]
[JsonSerializable(typeof(Snapshot<TopPaths>))]
[JsonSerializable(typeof(Snapshot<SuspiciousClients>))]
internal sealed partial class AccessLogJson : JsonSerializerContext;
