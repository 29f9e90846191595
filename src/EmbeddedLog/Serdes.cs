using EmbeddedLog.Serialization;

namespace EmbeddedLog;

/// <summary>Ready-made serializers.</summary>
public static class Serdes
{
    /// <summary>Text as UTF-8.</summary>
    public static ISerde<string> Utf8 => Utf8Serde.Instance;
}
