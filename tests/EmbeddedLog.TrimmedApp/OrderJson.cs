using System.Text.Json.Serialization;

namespace EmbeddedLog.TrimmedApp;

/// <summary>Generated at build time; a trimmed program has no other JSON.</summary>
[JsonSerializable(typeof(Order))]
internal sealed partial class OrderJson : JsonSerializerContext;
