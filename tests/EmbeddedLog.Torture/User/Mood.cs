using System.Diagnostics;

namespace EmbeddedLog.Torture.User;

/// <summary>
/// The behaviour of a user's code in each call: mostly it works; now and then it throws, is slow, or calls the log.
/// Safe from any thread.
/// </summary>
internal sealed class Mood(int seed)
{
    private static readonly TimeSpan s_slow = TimeSpan.FromMilliseconds(3);

    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private readonly Random _random = new(seed);

    /// <summary>The number of thrown exceptions.</summary>
    private long _thrown;

    /// <summary>Null until the log is open.</summary>
    private Action? _reenter;

    /// <summary>Set once the log is open; calls the log as any user's code may.</summary>
    public Action? Reenter
    {
        get => Volatile.Read(ref _reenter);
        set => Volatile.Write(ref _reenter, value);
    }

    /// <summary>The number of thrown exceptions.</summary>
    public long Thrown => Volatile.Read(ref _thrown);

    /// <summary>A number below the bound.</summary>
    public int Next(int bound)
    {
        lock (_gate)
        {
            return _random.Next(bound);
        }
    }

    /// <summary>
    /// Behaves in one way: one call in <paramref name="oneIn"/> throws, as many are slow, as many call the log.
    /// </summary>
    /// <exception cref="UserCodeException">This call throws.</exception>
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

    /// <summary>Occupies the thread, as a slow call of a user does.</summary>
    private static void Spin()
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_slow)
        {
            Thread.SpinWait(20);
        }
    }
}
