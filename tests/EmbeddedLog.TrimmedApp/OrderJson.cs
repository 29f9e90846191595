using System.Numerics;
using System.Text.Json.Serialization;

namespace EmbeddedLog.TrimmedApp;

/// <summary>Generated at build time; a trimmed program has no other JSON.</summary>
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Vector3))]
internal sealed partial class OrderJson : JsonSerializerContext;
