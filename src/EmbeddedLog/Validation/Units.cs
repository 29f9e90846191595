using System.Globalization;

namespace EmbeddedLog.Validation;

/// <summary>
/// Durations, sizes and times as people read them in messages: <c>1 h</c>, <c>64 MiB</c>,
/// <c>2026-11-29T07:14:16.000Z</c>. The same in every culture, and exact.
/// </summary>
internal static class Units
{
    private static readonly (long Ticks, string Name)[] s_durations =
    [
        (TimeSpan.TicksPerDay, "days"),
        (TimeSpan.TicksPerHour, "h"),
        (TimeSpan.TicksPerMinute, "min"),
        (TimeSpan.TicksPerSecond, "s"),
        (TimeSpan.TicksPerMillisecond, "ms"),
        (TimeSpan.TicksPerMicrosecond, "us"),
    ];

    private static readonly string[] s_sizes = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>A span in full: <c>1 day 12 h</c>.</summary>
    public static string Duration(TimeSpan span)
    {
        if (span == Timeout.InfiniteTimeSpan)
        {
            return "infinite";
        }

        // One sign for the whole span. It is computed as negative, because the smallest span has no positive
        // counterpart.
        List<string> parts = [];
        long rest = span.Ticks;
        foreach ((long ticks, string name) in s_durations)
        {
            long count = rest / ticks;
            rest %= ticks;
            if (count != 0)
            {
                parts.Add($"{Number(parts.Count == 0 ? count : Math.Abs(count))} {Singular(name, count)}");
            }
        }

        if (rest != 0 || parts.Count == 0)
        {
            parts.Add(rest == 0 ? "0 s" : $"{Number(100 * (parts.Count == 0 ? rest : Math.Abs(rest)))} ns");
        }

        return string.Join(' ', parts);
    }

    /// <summary>A measured time in whole milliseconds if there are any: more digits help nobody.</summary>
    public static string Took(TimeSpan span) => Duration(
        span < TimeSpan.FromMilliseconds(1)
            ? span
            : new TimeSpan(span.Ticks - (span.Ticks % TimeSpan.TicksPerMillisecond)));

    /// <summary>Milliseconds; the greatest number stands for no end.</summary>
    public static string Milliseconds(long milliseconds) =>
        milliseconds > (long)TimeSpan.MaxValue.TotalMilliseconds
            ? "infinite"
            : Duration(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Bytes in the largest unit that gives a whole number, else as they are.</summary>
    public static string Size(long bytes)
    {
        int unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < s_sizes.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return $"{Number(bytes)} {(unit == 0 && bytes == 1 ? "byte" : s_sizes[unit])}";
    }

    /// <summary>A size with the number that an option takes, where the two differ: <c>16 KiB (16,384)</c>.</summary>
    public static string SizeAndNumber(long bytes) =>
        bytes != 0 && bytes % 1024 == 0 ? $"{Size(bytes)} ({Number(bytes)})" : Number(bytes);

    /// <summary>A number with separators.</summary>
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Singular(string name, long count) => name == "days" && (count is 1 or -1) ? "day" : name;
}
