namespace EmbeddedLog.Tests.UserCode;

/// <summary>Decides when the user's code throws: at random, by a seed, from any thread.</summary>
/// <param name="seed">The same seed and the same calls throw the same.</param>
/// <param name="probability">How often.</param>
internal sealed class Moods(int seed, double probability)
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    /// <summary>How often it has thrown. Under the gate.</summary>
    private long _thrown;

    /// <summary>How often it has thrown.</summary>
    public long Thrown => Volatile.Read(ref _thrown);

    /// <summary>Perhaps throws, whatever comes to mind.</summary>
    public void Act()
    {
        lock (_gate)
        {
            if (_random.NextDouble() >= probability)
            {
                return;
            }

            _thrown++;
            throw _random.Next(5) switch
            {
                0 => new InvalidOperationException("The user's code has failed."),
                1 => new OperationCanceledException("The user's code was cancelled."),
                2 => new ObjectDisposedException("The user's object"),
                3 => new IOException("The user's disk is full."),
                _ => new TimeoutException("The user's network is slow."),
            };
        }
    }
}
