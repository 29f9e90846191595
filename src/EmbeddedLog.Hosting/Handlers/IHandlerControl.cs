namespace EmbeddedLog.Hosting;

/// <summary>
/// Controls a handler while the host runs. Resolve one by its name as a keyed service, or all of them as
/// <c>IEnumerable&lt;IHandlerControl&gt;</c>. All members are safe to call from any thread.
/// </summary>
public interface IHandlerControl
{
    /// <summary>The name of the handler: its group, unless another one was given.</summary>
    string Name { get; }

    /// <summary>The name of its log.</summary>
    string Log { get; }

    /// <summary>Its group.</summary>
    string Group { get; }

    /// <summary>What it is doing.</summary>
    HandlerState State { get; }

    /// <summary>What it stopped with last; null if it did not, or has handled a record since.</summary>
    Exception? Failure { get; }

    /// <summary>Starts it; does nothing if it runs. A paused one stays paused.</summary>
    /// <param name="cancellationToken">Ends the waiting for another start or stop.</param>
    /// <exception cref="InvalidOperationException">The host has not started, or is stopping.</exception>
    ValueTask StartAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Stops it: finishes what is in hand within <see cref="HandlerOptions.DrainTimeout"/>, commits, and leaves the
    /// group.
    /// What is not finished comes again.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the stop goes on.</param>
    ValueTask StopAsync(CancellationToken cancellationToken = default);

    /// <summary>Takes no more records, and keeps the partitions. What is in hand is handled.</summary>
    void Pause();

    /// <summary>Takes records again.</summary>
    void Resume();

    /// <summary>How far it is behind. Zero and without partitions if it does not run.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    ValueTask<ConsumerLag> GetLagAsync(CancellationToken cancellationToken = default);
}
