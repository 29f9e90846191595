using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using AccessLog.Input;

namespace AccessLog;

/// <summary>The parsed command line.</summary>
internal sealed record CommandLine
{
    /// <summary>The text of <c>--help</c>.</summary>
    public const string Usage = """
        Reads a web server's access log into a commit log, and out of it again by three consumer groups:
        requests per minute, the top paths, and suspicious clients.

        usage: AccessLog [options] [FILE | -]

          FILE               An access log in the combined (or common) log format. Without one, the log that
                             comes with the sample. May be compressed with gzip. A file is known by where it
                             lies on the disk and its first bytes; run again, under whatever name, the sample
                             reads only the lines that are new.
          -                  Standard input. It cannot be resumed: every run adds what it is given.

          --data DIR         Where the log is kept (default: data/access-log under the current folder).
                             Delete the folder to start from nothing.
          --progress SECONDS The least time between two lines of progress (default: 0.5; 0 for all of them).
          --rejected         Lists all lines that are no log lines, with the reason, instead of the last five.
                             Without FILE nothing is read: it lists what earlier runs have rejected.
          --help             Prints this.

        Lines that are no log lines go to the topic 'rejected' with the reason. Stop the sample as you like,
        Ctrl+C or kill -9: the next run goes on where it was. Up to 50,000 paths and 50,000 clients are told
        apart; those beyond are counted together.
        """;

    /// <summary>The source as given; null for the log that comes with the sample.</summary>
    public string? Source { get; private init; }

    /// <summary>The folder of the log.</summary>
    public string DataDirectory { get; private init; } = Path.Combine("data", "access-log");

    /// <summary>The least time between two lines of progress.</summary>
    public TimeSpan ProgressInterval { get; private init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>True to print only <see cref="Usage"/>.</summary>
    public bool Help { get; private init; }

    /// <summary>True to list all rejected lines.</summary>
    public bool ListRejected { get; private init; }

    /// <summary>Parses the arguments.</summary>
    /// <param name="arguments">The arguments from the shell.</param>
    /// <param name="parsed">The result.</param>
    /// <param name="error">The error, or null.</param>
    public static bool TryParse(
        IReadOnlyList<string> arguments,
        [NotNullWhen(true)] out CommandLine? parsed,
        [NotNullWhen(false)] out string? error)
    {
        parsed = null;
        var result = new CommandLine();
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument is "--help" or "-h" or "-?")
            {
                result = result with { Help = true };
            }
            else if (argument == "--rejected")
            {
                result = result with { ListRejected = true };
            }
            else if (argument is "--data" or "--progress")
            {
                if (i + 1 == arguments.Count || arguments[i + 1].Length == 0)
                {
                    error = $"The option {argument} needs a value.";
                    return false;
                }

                i++;
                if (argument == "--data")
                {
                    result = result with { DataDirectory = arguments[i] };
                }
                else if (TryParseSeconds(arguments[i], out TimeSpan interval))
                {
                    result = result with { ProgressInterval = interval };
                }
                else
                {
                    error = $"The option --progress takes seconds from 0 to 3600, not '{arguments[i]}'.";
                    return false;
                }
            }
            else if (argument.Length == 0 || (argument[0] == '-' && argument != LogSource.StandardInput))
            {
                error = $"There is no option '{argument}'.";
                return false;
            }
            else if (result.Source is not null)
            {
                error = $"Only one log is read at a time; '{argument}' is a second one.";
                return false;
            }
            else
            {
                result = result with { Source = argument };
            }
        }

        parsed = result;
        error = null;
        return true;
    }

    private static bool TryParseSeconds(string text, out TimeSpan interval)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        bool valid = double.TryParse(text, Style, CultureInfo.InvariantCulture, out double seconds)
            && seconds is >= 0 and <= 3600;
        interval = valid ? TimeSpan.FromSeconds(seconds) : default;
        return valid;
    }
}
