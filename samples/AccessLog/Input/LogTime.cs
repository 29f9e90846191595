namespace AccessLog.Input;

/// <summary>Reads the time of a log line, <c>10/Oct/2000:13:55:36 -0700</c>.</summary>
internal static class LogTime
{
    /// <summary>The length of a time in bytes.</summary>
    public const int Length = 26;

    /// <summary>Parses a time.</summary>
    /// <param name="text"><see cref="Length"/> bytes.</param>
    /// <param name="time">The time, with the server's offset from UTC.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out DateTimeOffset time)
    {
        time = default;
        if (text[2] != '/' || text[6] != '/'
            || text[11] != ':' || text[14] != ':' || text[17] != ':' || text[20] != ' ')
        {
            return false;
        }

        int month = MonthOf(text.Slice(3, 3));
        if (month == 0
            || !TryParseDigits(text[..2], out int day)
            || !TryParseDigits(text.Slice(7, 4), out int year)
            || !TryParseDigits(text.Slice(12, 2), out int hour)
            || !TryParseDigits(text.Slice(15, 2), out int minute)
            || !TryParseDigits(text.Slice(18, 2), out int second)
            || !TryParseZone(text[21..], out TimeSpan zone))
        {
            return false;
        }

        // Two years are left free at either end, so that no zone moves the time out of the type's range. A leap second
        // is counted with the second before it.
        if (year is < 2 or > 9998 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        time = new DateTimeOffset(year, month, day, hour, minute, Math.Min(second, 59), zone);
        return true;
    }

    private static bool TryParseZone(ReadOnlySpan<byte> text, out TimeSpan zone)
    {
        zone = default;
        if (text[0] is not ((byte)'+' or (byte)'-')
            || !TryParseDigits(text.Slice(1, 2), out int hours)
            || !TryParseDigits(text.Slice(3, 2), out int minutes)
            || minutes > 59
            || (hours * 60) + minutes > 14 * 60)
        {
            return false;
        }

        zone = new TimeSpan(hours, minutes, 0);
        zone = text[0] == '-' ? -zone : zone;
        return true;
    }

    private static int MonthOf(ReadOnlySpan<byte> name)
    {
        int at = "JanFebMarAprMayJunJulAugSepOctNovDec"u8.IndexOf(name);
        return at >= 0 && at % 3 == 0 ? (at / 3) + 1 : 0;
    }

    /// <summary>Parses a few decimal digits, and nothing but digits.</summary>
    public static bool TryParseDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (byte digit in text)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + (digit - '0');
        }

        return true;
    }
}
