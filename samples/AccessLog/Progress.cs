namespace AccessLog;

/// <summary>
/// Prints the progress of the reader and of all groups, at most once in a while: on a terminal in one line, otherwise
/// as plain lines. Thread-safe.
/// </summary>
internal sealed class Progress
{
    private readonly TextWriter _output;
    private readonly TimeProvider _time;
    private readonly TimeSpan _interval;
    private readonly bool _overwrite;

    /// <summary>Guards every field below and the output.</summary>
    private readonly Lock _lock = new();

    /// <summary>The progress of each group in requests, in the order in which the groups were added.</summary>
    private readonly List<(string Group, long Requests)> _groups = [];

    private long _lines;
    private long _rejected;
    private int _percent = -1;

    /// <summary>When a line was printed last; null before the first.</summary>
    private long? _printedAt;

    /// <summary>The length of the line on the terminal, which the next one has to overwrite.</summary>
    private int _printedLength;

    /// <summary>Creates the printer.</summary>
    /// <param name="output">The output.</param>
    /// <param name="overwrite">True for a terminal.</param>
    /// <param name="interval">The least time between two prints.</param>
    /// <param name="time">The clock.</param>
    public Progress(TextWriter output, bool overwrite, TimeSpan interval, TimeProvider time)
    {
        _output = output;
        _overwrite = overwrite;
        _interval = interval;
        _time = time;
    }

    /// <summary>Adds a group; returns its number for reports.</summary>
    public int AddGroup(string group, long requests)
    {
        lock (_lock)
        {
            _groups.Add((group, requests));
            return _groups.Count - 1;
        }
    }

    /// <summary>Reports the progress of the reader.</summary>
    /// <param name="lines">The lines of the source read, those of earlier runs included.</param>
    /// <param name="rejected">The lines that this run rejected.</param>
    /// <param name="part">The read part of the source, from 0 to 1; null if unknown.</param>
    public void ReportLines(long lines, long rejected, double? part)
    {
        lock (_lock)
        {
            _lines = lines;
            _rejected = rejected;
            _percent = part is { } p ? (int)(100 * p) : -1;
            PrintIfDueUnsynchronized();
        }
    }

    /// <summary>Reports how many requests a group has handled, in all runs.</summary>
    public void ReportGroup(int number, long requests)
    {
        lock (_lock)
        {
            _groups[number] = (_groups[number].Group, requests);
            PrintIfDueUnsynchronized();
        }
    }

    /// <summary>Prints the last state and leaves the line.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            PrintUnsynchronized();
            if (_overwrite)
            {
                _output.WriteLine();
            }
        }
    }

    private void PrintIfDueUnsynchronized()
    {
        if (_printedAt is null || _time.GetElapsedTime(_printedAt.Value) >= _interval)
        {
            PrintUnsynchronized();
        }
    }

    private void PrintUnsynchronized()
    {
        _printedAt = _time.GetTimestamp();
        string percent = _percent < 0 ? "" : $" ({_percent} %)";
        string groups = string.Join(", ", _groups.Select(g => $"{g.Group} {g.Requests:N0}"));
        string line = $"read {_lines:N0} lines{percent}, rejected {_rejected:N0}; counted: {groups}";
        if (_overwrite)
        {
            _output.Write("\r" + line.PadRight(_printedLength));
            _printedLength = line.Length;
        }
        else
        {
            _output.WriteLine(line);
        }
    }
}
