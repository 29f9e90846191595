using System.Text.Json.Serialization;

namespace OrdersService;

/// <summary>How orders and bills are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Accepted))]
[JsonSerializable(typeof(Bill))]
[JsonSerializable(typeof(IReadOnlyList<Bill>))]
internal sealed partial class OrderJson : JsonSerializerContext;
