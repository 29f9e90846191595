using System.Globalization;

namespace EmbeddedLog.Validation;

/// <summary>Timestamps are Unix milliseconds on disk and <see cref="DateTimeOffset"/> in the API.</summary>
internal static class UnixTime
{
    private static readonly long s_min = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long s_max = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>
    /// The time in UTC. The log holds a wider range than <see cref="DateTimeOffset"/>, and every stored record must be
    /// readable, so a time beyond the range becomes the nearest bound.
    /// </summary>
    public static DateTimeOffset ToDateTimeOffset(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(milliseconds, s_min, s_max));

    /// <summary>The time as people read it in messages, ISO 8601.</summary>
    public static string ToText(long milliseconds) =>
        ToDateTimeOffset(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
