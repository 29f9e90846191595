using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>
/// What one consumer group makes of the requests. An instance is the group's totals, written to the log as JSON
/// together with the offsets they include. Totals are bounded, so that no log outgrows a record.
/// </summary>
internal interface IView
{
    /// <summary>The consumer group.</summary>
    static abstract string Group { get; }

    /// <summary>How many entries the totals hold: what it costs to write them.</summary>
    int Size { get; }

    /// <summary>Counts one request. Those of one client come in the order of the log; those of two, in any.</summary>
    void Add(AccessLine request);

    /// <summary>Prints the totals.</summary>
    void Print(TextWriter output);
}
