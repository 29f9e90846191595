using System.Text.Json;
using System.Text.Json.Serialization;

namespace EmbeddedLog.Tests.Serialization.Json;

/// <summary>A context with the user's own form of a framework type.</summary>
[JsonSerializable(typeof(TimeSpan))]
internal sealed partial class CustomContext : JsonSerializerContext
{
    public static CustomContext Create() => new(new JsonSerializerOptions { Converters = { new Converter() } });

    private sealed class Converter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            default;

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteStringValue("custom");
    }
}
