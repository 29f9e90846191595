namespace EmbeddedLog.Producing;

/// <summary>A waiter in the queue of an <see cref="InFlightWindow"/>.</summary>
internal interface IRoomWaiter
{
    /// <summary>The awaited room in bytes.</summary>
    long Bytes { get; }

    /// <summary>Its node in the queue; for the window alone, under its gate.</summary>
    LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <summary>Whether it has left; it is then passed over.</summary>
    bool IsCancelled { get; }

    /// <summary>
    /// Called once, in turn, by one thread at a time, with the room taken: runs the waiting work, or releases it if the
    /// waiter has left. Must not throw. The waiter may be in use again when this returns.
    /// </summary>
    /// <returns>The used part of the room; the rest is freed.</returns>
    long TakeTurn();
}
