namespace EmbeddedLog.Producing;

/// <summary>Somebody in the queue of an <see cref="InFlightWindow"/>.</summary>
internal interface IRoomWaiter
{
    /// <summary>The room that it waits for, in bytes.</summary>
    long Bytes { get; }

    /// <summary>Where it stands in the queue; for the window alone, under its gate.</summary>
    LinkedListNode<IRoomWaiter> QueueNode { get; }

    /// <summary>Whether it gave up; it is passed over then.</summary>
    bool IsCancelled { get; }

    /// <summary>
    /// Called once, in turn, by one thread at a time: does what waited, with the room taken, or lets go of what was
    /// kept for it if it gave up. Must not throw. The waiter may be in use again when this returns.
    /// </summary>
    /// <returns>How much of the room is used; the rest is given back.</returns>
    long TakeTurn();
}
