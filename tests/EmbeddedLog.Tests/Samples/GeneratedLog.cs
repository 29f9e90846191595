using System.Globalization;
using System.Text;

namespace EmbeddedLog.Tests.Samples;

/// <summary>Writes access logs of any length; the same line has the same text in every log.</summary>
internal static class GeneratedLog
{
    /// <summary>Every so many lines, one is malformed.</summary>
    public const int MalformedEvery = 97;

    /// <summary>Lines <paramref name="first"/> to <paramref name="last"/>, counted from one, with their ends.</summary>
    public static string Lines(int first, int last)
    {
        var text = new StringBuilder();
        for (int number = first; number <= last; number++)
        {
            text.Append(Line(number)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>How many of the first lines are malformed.</summary>
    public static int MalformedIn(int lines) => lines / MalformedEvery;

    private static string Line(int number)
    {
        if (number % MalformedEvery == 0)
        {
            return $"malformed {number}";
        }

        // A multiplicative hash spreads clients, paths and statuses without any order that a partition could follow.
        uint mixed = (uint)number * 2654435761u;
        string client = mixed % 5 == 0 ? $"2001:db8::{mixed % 251:x}" : $"192.0.2.{mixed % 251}";
        int status = (mixed >> 8) % 16 == 0 ? 404 : (mixed >> 9) % 32 == 0 ? 401 : 200;
        string time = new DateTime(2026, 3, 10, 0, 0, 0, DateTimeKind.Utc).AddSeconds(number)
            .ToString("dd'/'MMM'/'yyyy':'HH':'mm':'ss", CultureInfo.InvariantCulture);
        string request = $"GET /p/{(mixed >> 12) % 300} HTTP/1.1";
        return $"{client} - - [{time} +0000] \"{request}\" {status} {mixed % 4096} \"-\" \"x\"";
    }
}
