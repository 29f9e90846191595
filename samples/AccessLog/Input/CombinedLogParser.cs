using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AccessLog.Input;

/// <summary>
/// Reads lines of Apache's and nginx's combined log format, and of the common one, which lacks the last two fields:
/// <code>client identity user [day/Mon/year:hour:minute:second zone] "request" status bytes "referer" "agent"</code>
/// Lenient with what occurs in real logs: a user name with spaces, a request that is not HTTP, escaped quotes, more
/// fields at the end. Strict with fields that are counted: client, time, status, bytes.
/// </summary>
internal static class CombinedLogParser
{
    /// <summary>The longest host name that DNS allows; a longer one is not a client.</summary>
    public const int MaxClientBytes = 255;

    /// <summary>Parses one line, without its line end.</summary>
    /// <param name="line">The line in UTF-8; invalid bytes are replaced.</param>
    /// <param name="parsed">The request, if the line is valid.</param>
    /// <param name="reason">The fault, if it is not.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> line,
        [NotNullWhen(true)] out AccessLine? parsed,
        [NotNullWhen(false)] out string? reason)
    {
        parsed = null;
        if (line.Trim((byte)' ').IsEmpty)
        {
            reason = "the line is blank";
            return false;
        }

        int clientEnd = line.IndexOf((byte)' ');
        if (clientEnd is <= 0 or > MaxClientBytes)
        {
            reason = "the client's address is missing";
            return false;
        }

        if (!TryFindTime(line, clientEnd, out int timeStart, out DateTimeOffset time))
        {
            reason = "the time is missing or is not [dd/Mon/yyyy:hh:mm:ss +zzzz]";
            return false;
        }

        ReadOnlySpan<byte> rest = line[(timeStart + LogTime.Length + 1)..];
        if (!LogField.TryTakeQuoted(ref rest, out ReadOnlySpan<byte> request))
        {
            reason = "the request is missing or its quotes are not closed";
            return false;
        }

        if (!LogField.TryTakeStatus(ref rest, out int status))
        {
            reason = "the status is not a number of three digits";
            return false;
        }

        if (!LogField.TryTakeBytes(ref rest, out long bytes))
        {
            reason = "the size is neither a number nor '-'";
            return false;
        }

        if (!LogField.TryTakeOptionalQuoted(ref rest, out string? referer)
            || !LogField.TryTakeOptionalQuoted(ref rest, out string? agent))
        {
            reason = "the quotes of the referer or of the agent are not closed";
            return false;
        }

        (string method, string target) = SplitRequest(request);
        string client = Encoding.UTF8.GetString(line[..clientEnd]);
        string? user = UserOf(line[clientEnd..(timeStart - 2)]);
        parsed = new AccessLine(client, user, time, method, target, status, bytes, referer, agent);
        reason = null;
        return true;
    }

    /// <summary>
    /// Finds the first bracket with a time: the client chooses its user name, which may contain a bracket.
    /// </summary>
    private static bool TryFindTime(ReadOnlySpan<byte> line, int from, out int start, out DateTimeOffset time)
    {
        start = from;
        while (true)
        {
            int bracket = line[start..].IndexOf(" ["u8);
            if (bracket < 0)
            {
                time = default;
                return false;
            }

            start += bracket + 2;
            if (line.Length > start + LogTime.Length
                && line[start + LogTime.Length] == ']'
                && LogTime.TryParse(line.Slice(start, LogTime.Length), out time))
            {
                return true;
            }
        }
    }

    /// <summary>
    /// Splits <c>GET /path HTTP/1.1</c>. Spaces within the target stay in it. HTTP/0.9 has no third part. A request
    /// without a method at its beginning is a target only.
    /// </summary>
    private static (string Method, string Target) SplitRequest(ReadOnlySpan<byte> request)
    {
        int space = request.IndexOf((byte)' ');
        if (space <= 0 || !IsMethod(request[..space]))
        {
            return (AccessLine.NoMethod, LogField.Unescape(request));
        }

        ReadOnlySpan<byte> target = request[(space + 1)..];
        int protocol = target.LastIndexOf(" HTTP/"u8);
        if (protocol >= 0)
        {
            target = target[..protocol];
        }

        return (Encoding.UTF8.GetString(request[..space]), LogField.Unescape(target));
    }

    /// <summary>Methods are tokens; those in use are letters, with an occasional hyphen or underscore.</summary>
    private static bool IsMethod(ReadOnlySpan<byte> text)
    {
        foreach (byte letter in text)
        {
            if (!char.IsAsciiLetter((char)letter) && letter is not ((byte)'-' or (byte)'_'))
            {
                return false;
            }
        }

        return char.IsAsciiLetter((char)text[0]) && text.Length <= 32;
    }

    /// <summary>The user: everything between the identity, which is one word, and the time.</summary>
    private static string? UserOf(ReadOnlySpan<byte> identityAndUser)
    {
        ReadOnlySpan<byte> trimmed = identityAndUser.Trim((byte)' ');
        int space = trimmed.IndexOf((byte)' ');
        ReadOnlySpan<byte> user = space < 0 ? [] : trimmed[(space + 1)..].Trim((byte)' ');
        return user is [] or [(byte)'-'] or [(byte)'"', (byte)'"'] ? null : LogField.Unescape(user);
    }
}
