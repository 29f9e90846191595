using EmbeddedLog.IO;

namespace EmbeddedLog.Testing.Faults;

/// <summary>Counts calls and decides which of them fail. Safe from any thread.</summary>
internal sealed class FaultCounter
{
    private readonly Lock _gate = new();

    /// <summary>Calls by kind; under <see cref="_gate"/>, as all below.</summary>
    private readonly long[] _calls = new long[Enum.GetValues<FaultKind>().Length];

    private readonly List<Fault> _faults = [];
    private long _allCalls;
    private long _fired;

    /// <summary>The number of calls that failed on purpose.</summary>
    public long Fired => Volatile.Read(ref _fired);

    /// <summary>The number of calls of all kinds.</summary>
    public long AllCalls => Volatile.Read(ref _allCalls);

    /// <summary>The number of calls of a kind, failed ones included.</summary>
    public long CountOf(FaultKind kind) => Volatile.Read(ref _calls[(int)kind]);

    public void Add(Fault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    /// <summary>Resets the counts, so that the next call of each kind is the first.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            Array.Clear(_calls);
            _allCalls = 0;
            _fired = 0;
        }
    }

    /// <summary>Gets each call that names a file or directory, with its path; or null.</summary>
    public Action<FaultKind, string>? Seen { get; set; }

    /// <summary>The owner lock that was taken last, for whoever ends a process without closing its log.</summary>
    public IDisposable? HeldLock { get; set; }

    /// <summary>Invoked in each flush of a file, before it, such as for a slow disk; or null.</summary>
    public Action? Flushing { get; set; }

    /// <summary>Plans that the next call of a kind fails, and perhaps all behind it.</summary>
    public void AddNext(FaultKind? kind, FileSystemError error, bool lasts, bool onlyWhatOpens = false)
    {
        lock (_gate)
        {
            // Behind those that are planned already, so that two plans are two failures.
            long next = 1 + (kind is { } known ? _calls[(int)known] : _allCalls);
            next += lasts ? 0 : _faults.Count(fault => fault.Kind == kind && fault.Call >= next && !fault.Lasts);
            _faults.Add(new Fault(kind, next, error) { Lasts = lasts, OnlyWhatOpens = onlyWhatOpens });
        }
    }

    /// <summary>Counts a call; returns its fault, or null.</summary>
    public Fault? Count(FaultKind kind, string? path = null)
    {
        if (path is not null)
        {
            Seen?.Invoke(kind, path);
        }

        lock (_gate)
        {
            long ofKind = ++_calls[(int)kind];
            long ofAny = ++_allCalls;
            Fault? fault = _faults.Find(fault => fault.Concerns(kind, ofKind, ofAny));
            _fired += fault is null ? 0 : 1;
            return fault;
        }
    }

    /// <summary>Counts a call; throws if it has a fault.</summary>
    public void CountOrThrow(FaultKind kind, string path)
    {
        if (Count(kind, path) is { } fault)
        {
            throw fault.ToException(kind, path);
        }
    }
}
