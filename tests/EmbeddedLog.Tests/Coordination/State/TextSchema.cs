using System.Text;
using EmbeddedLog.Coordination.State;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Tests.Coordination.State;

/// <summary>Texts by text: a state that has nothing to do with groups.</summary>
internal readonly struct TextSchema : IStateSchema<string, string>
{
    public static string TopicName => "__texts";

    public static ulong TopicUid => 0x7374_7865_7453_4554;

    public static string Contents => "texts";

    public static string Place => "the directory of the texts";

    public static byte Version => 3;

    public static int MaxKeyBytes => 100;

    public static int MaxValueBytes => 5000;

    public static byte[] EncodeKey(in string key) => [Version, .. Encoding.UTF8.GetBytes(key)];

    public static bool TryDecodeKey(ReadOnlySpan<byte> bytes, out string key)
    {
        key = Encoding.UTF8.GetString(bytes[1..]);
        return key.Length > 0;
    }

    public static int MeasureValue(in string value) => 1 + Encoding.UTF8.GetByteCount(value);

    public static void EncodeValue(in string value, Span<byte> bytes)
    {
        bytes[0] = Version;
        Encoding.UTF8.GetBytes(value, bytes[1..]);
    }

    public static bool TryDecodeValue(ReadOnlySpan<byte> bytes, out string value)
    {
        value = Encoding.UTF8.GetString(bytes[1..]);
        return true;
    }

    public static void LogNotCompacted(ILogger logger, Exception failure) =>
        logger.Log(LogLevel.Warning, default, "texts were not compacted", failure, (text, _) => text);
}
