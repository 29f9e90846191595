namespace EmbeddedLog.Tests.UserCode;

/// <summary>
/// Code of the user's that has something done by another thread before it returns, and waits for it: what holds a lock
/// meanwhile that the other thread needs is found.
/// </summary>
internal sealed class Asker
{
    /// <summary>Longer than that takes: it bounds a wait that would have no end.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [ThreadStatic]
    private static bool s_isAsking;

    private int _asked;
    private int _keptOut;
    private Exception? _failure;

    /// <summary>What the other thread does; null for nothing.</summary>
    public Action? Ask { get; set; }

    /// <summary>How often something was done.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>How often that did not come to its end.</summary>
    public int KeptOut => Volatile.Read(ref _keptOut);

    /// <summary>The first thing that it has failed with, or null.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Called by the user's code, on any thread.</summary>
    public void Look()
    {
        if (s_isAsking || Ask is not { } ask || KeptOut != 0)
        {
            return;
        }

        Interlocked.Increment(ref _asked);
        Thread asking = new(() =>
        {
            s_isAsking = true;
            try
            {
                ask();
            }
            catch (ObjectDisposedException)
            {
                // Whoever called was slow, and all is disposed meanwhile.
            }
#pragma warning disable CA1031 // The test fails by it; on a thread of its own it would end the process.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref _failure, failure, null);
            }
        });
        asking.IsBackground = true;
        asking.Start();
        if (!asking.Join(s_limit))
        {
            Interlocked.Increment(ref _keptOut);
        }
    }
}
