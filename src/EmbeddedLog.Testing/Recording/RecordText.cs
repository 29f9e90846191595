using System.Globalization;
using System.Text.Json;

namespace EmbeddedLog.Testing.Recording;

/// <summary>Keys and values as text: equal text stands for equal keys.</summary>
internal static class RecordText
{
    private const int MaxShownBytes = 16;

    /// <summary>A key as text, whole; null for none.</summary>
    public static string? OfKey(object? key) => key switch
    {
        null => null,
        string text => text,
        byte[] bytes => Convert.ToHexString(bytes),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(key, key.GetType()),
    };

    /// <summary>A value as text for people.</summary>
    public static string Of(object? value) => value switch
    {
        null => "null",
        byte[] bytes => bytes.Length <= MaxShownBytes
            ? Convert.ToHexString(bytes)
            : $"{Convert.ToHexString(bytes.AsSpan(0, MaxShownBytes))}... ({bytes.Length} bytes)",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "null",
    };
}
