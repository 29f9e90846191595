using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Understands how the documentation writes values: times, sizes, numbers, names.</summary>
internal static partial class DocumentedValue
{
    /// <summary>Whether the words of a documented default mean a value.</summary>
    /// <param name="words">Up to the first comma or parenthesis that is not part of a number.</param>
    /// <param name="rest">What comes after.</param>
    /// <param name="actual">The real default.</param>
    public static bool Means(string words, string rest, object? actual)
    {
        words = words.Trim();
        if (words == "null" || actual is null)
        {
            return words == "null" && actual is null;
        }

        if (actual is bool flag)
        {
            return words == (flag ? "true" : "false");
        }

        if (actual is TimeSpan span)
        {
            return (words == "0" && span == TimeSpan.Zero) || ParseSpan(words) == span;
        }

        if (actual is RetryOptions retry)
        {
            return words == "one attempt" && retry.MaxAttempts == 1;
        }

        if (actual is double real)
        {
            return ParseNumber(words) == real;
        }

        if (actual is int or long)
        {
            long number = Convert.ToInt64(actual, CultureInfo.InvariantCulture);
            Match exact = InParentheses().Match(rest);
            return words.EndsWith("iB", StringComparison.Ordinal)
                ? ParseBytes(words) == number && exact.Success && ParseNumber(exact.Groups[1].Value) == number
                : ParseNumber(words) == number;
        }

        return words == "empty"
            ? actual is IEnumerable items && !items.Cast<object>().Any()
            : actual.Equals(Member(words));
    }

    private static TimeSpan? ParseSpan(string words) => words.Split(' ') switch
    {
        [var count, "ms"] => TimeSpan.FromMilliseconds(ParseNumber(count)),
        [var count, "second" or "seconds"] => TimeSpan.FromSeconds(ParseNumber(count)),
        [var count, "minute" or "minutes"] => TimeSpan.FromMinutes(ParseNumber(count)),
        [var count, "hour" or "hours"] => TimeSpan.FromHours(ParseNumber(count)),
        [var count, "day" or "days"] => TimeSpan.FromDays(ParseNumber(count)),
        _ => null,
    };

    private static long ParseBytes(string words) => words.Split(' ') switch
    {
        [var count, "KiB"] => ParseNumber(count) << 10,
        [var count, "MiB"] => ParseNumber(count) << 20,
        [var count, "GiB"] => ParseNumber(count) << 30,
        _ => -1,
    };

    private static long ParseNumber(string text) =>
        long.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    /// <summary>The value of a static property or an enumeration's name, <c>RetentionPolicy.Default</c>.</summary>
    private static object? Member(string words)
    {
        string[] parts = words.Split('.');
        if (parts.Length != 2)
        {
            return null;
        }

        Type? type = typeof(Durability).Assembly.GetType($"EmbeddedLog.{parts[0]}")
            ?? typeof(TimeProvider).Assembly.GetType($"System.{parts[0]}");
        return type?.GetProperty(parts[1])?.GetValue(null) ?? type?.GetField(parts[1])?.GetValue(null);
    }

    [GeneratedRegex(@"^\s*\(([\d,]+)\)")]
    private static partial Regex InParentheses();
}
