using System.Diagnostics;
using System.Globalization;

namespace EmbeddedLog.Torture;

/// <summary>
/// One run of a mode: returns the seeds of its cases, one after the other, until enough were played, and keeps the
/// results. All members are safe from any thread, so that cases may run in parallel.
/// </summary>
internal sealed class TortureRun
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private static readonly TimeSpan s_progressInterval = TimeSpan.FromSeconds(5);

    private readonly ITortureMode _mode;
    private readonly TextWriter _output;
    private readonly long _count;
    private readonly TimeSpan? _duration;
    private readonly CancellationToken _stop;
    private readonly Stopwatch _elapsed = Stopwatch.StartNew();
    private readonly Lock _gate = new();

    /// <summary>In the order of their first addition. Under the gate, like all fields below.</summary>
    private readonly List<KeyValuePair<string, long>> _summary = [];

    private long _cases;
    private long _given;
    private long _violations;
    private TimeSpan _toldAt;

    public TortureRun(
        ITortureMode mode, int seed, long? count, TimeSpan? duration, TextWriter output, CancellationToken stop)
    {
        _mode = mode;
        _output = output;
        _stop = stop;
        _duration = duration;
        _count = count ?? (duration is null ? mode.DefaultCount : long.MaxValue);
        Seed = seed;
    }

    /// <summary>The seed of the first case; each further case has the next number.</summary>
    public int Seed { get; }

    /// <summary>The highest number of units.</summary>
    public long Count => _count;

    /// <summary>Cancelled when the run must end at once.</summary>
    public CancellationToken Stop => _stop;

    /// <summary>The number of violations so far.</summary>
    public long Violations => Volatile.Read(ref _violations);

    /// <summary>The duration of the run so far.</summary>
    public TimeSpan Elapsed => _elapsed.Elapsed;

    /// <summary>Whether the run's time is over, for modes that check it during a case.</summary>
    public bool IsOver => _stop.IsCancellationRequested || (_duration is { } duration && Elapsed >= duration);

    /// <summary>
    /// Returns the seed of the next case; false when enough were played, time is over, or a violation was found.
    /// </summary>
    /// <param name="seed">The seed: with a count of one it plays this case alone.</param>
    /// <param name="weight">The number of the mode's units in the case.</param>
    public bool TryNext(out int seed, long weight = 1)
    {
        lock (_gate)
        {
            seed = unchecked(Seed + (int)_cases);
            if (IsOver || _violations > 0 || _given >= _count)
            {
                return false;
            }

            _given += weight;
            _cases++;
            TellProgressUnsynchronized();
            return true;
        }
    }

    /// <summary>Counts further units of a case that has more than expected.</summary>
    public void NoteUnits(long more)
    {
        lock (_gate)
        {
            _given += more;
        }
    }

    /// <summary>Adds to a number of the summary line.</summary>
    public void Add(string name, long value)
    {
        lock (_gate)
        {
            int at = _summary.FindIndex(entry => entry.Key == name);
            if (at < 0)
            {
                _summary.Add(new(name, value));
            }
            else
            {
                _summary[at] = new(name, _summary[at].Value + value);
            }
        }
    }

    /// <summary>Reports a violation, the shortest history that shows it, and the command that plays it again.</summary>
    /// <param name="seed">The case's seed.</param>
    /// <param name="what">The violation and, if there is one, the shortest history found.</param>
    /// <param name="replay">The options beside the seed that play it again.</param>
    public void Violation(int seed, string what, string replay = "--count 1")
    {
        lock (_gate)
        {
            _violations++;
            _output.WriteLine($"VIOLATION at seed {seed}: {what}");
            _output.WriteLine(
                $"replay: dotnet run -c {Configuration} --project tests/EmbeddedLog.Torture -- "
                + $"{_mode.Name} --seed {seed} {replay}");
            _output.Flush();
        }
    }

    /// <summary>Prints a line during the run.</summary>
    public void Tell(string line)
    {
        lock (_gate)
        {
            _output.WriteLine(line);
            _output.Flush();
        }
    }

    /// <summary>The last line: all counts, as pairs of name and value.</summary>
    public string Summary()
    {
        lock (_gate)
        {
            IEnumerable<string> pairs =
            [
                $"mode={_mode.Name}",
                $"seed={Seed}",
                $"{_mode.Unit}={_given}",
                .. _summary.Select(entry => $"{entry.Key}={entry.Value}"),
                $"seconds={Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture)}",
                $"violations={_violations}",
            ];
            return string.Join(' ', pairs);
        }
    }

    private void TellProgressUnsynchronized()
    {
        TimeSpan now = Elapsed;
        if (now - _toldAt >= s_progressInterval)
        {
            _toldAt = now;
            string of = _count == long.MaxValue ? string.Empty : $" of {_count}";
            _output.WriteLine($"{_mode.Name}: {_given}{of} {_mode.Unit}, {now.TotalSeconds:F0} s");
            _output.Flush();
        }
    }
}
