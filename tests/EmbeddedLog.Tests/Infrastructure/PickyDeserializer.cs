using System.Text;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Reads text, and fails at one.</summary>
internal sealed class PickyDeserializer : IDeserializer<string>
{
    /// <summary>The text at which it fails.</summary>
    public const string Bad = "bad";

    public string Deserialize(ReadOnlySpan<byte> data, in SerializationContext context)
    {
        string text = Encoding.UTF8.GetString(data);
        return text == Bad ? throw new FormatException("The text is bad") : text;
    }
}
