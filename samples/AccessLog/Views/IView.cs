using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>
/// The view of one consumer group. An instance is the group's totals, written to the log as JSON together with the
/// offsets they include. Totals are bounded, so that they fit into a record.
/// </summary>
internal interface IView
{
    /// <summary>The consumer group.</summary>
    static abstract string Group { get; }

    /// <summary>How many entries the totals have, which is the cost of writing them.</summary>
    int Size { get; }

    /// <summary>
    /// Counts one request. Requests of one client come in the order of the log; those of several clients in any order.
    /// </summary>
    void Add(AccessLine request);

    /// <summary>Prints the totals.</summary>
    void Print(TextWriter output);
}
