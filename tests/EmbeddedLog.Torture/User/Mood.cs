using System.Diagnostics;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// What a piece of a user's code does this time: mostly its work; now and then it throws, takes its time, or calls back
/// into the log. Safe from any thread.
/// </summary>
internal sealed class Mood(int seed)
{
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(3);

    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Random _random = new(seed);

    /// <summary>How often something was thrown.</summary>
    private long _thrown;

    /// <summary>Null until the log is open.</summary>
    private Action? _reenter;

    /// <summary>Set once the log is open; calls it in ways that any user's code may.</summary>
    public Action? Reenter
    {
        get => Volatile.Read(ref _reenter);
        set => Volatile.Write(ref _reenter, value);
    }

    /// <summary>How often something was thrown.</summary>
    public long Thrown => Volatile.Read(ref _thrown);

    /// <summary>A number below the bound.</summary>
    public int Next(int bound)
    {
        lock (_gate)
        {
            return _random.Next(bound);
        }
    }

    /// <summary>Behaves: one call in <paramref name="oneIn"/> throws, as many are slow, as many call the log.</summary>
    /// <exception cref="UserCodeException">It throws this time.</exception>
    public void Play(int oneIn)
    {
        switch (Next(oneIn))
        {
            case 0:
                Interlocked.Increment(ref _thrown);
                throw new UserCodeException();
            case 1:
                Spin();
                break;
            case 2:
                Reenter?.Invoke();
                break;
        }
    }

    /// <summary>Holds the thread, as a slow call of the user's does.</summary>
    private static void Spin()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_slow)
        {
            Thread.SpinWait(20);
        }
    }
}
