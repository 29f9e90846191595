namespace AccessLog;

/// <summary>A consumer group with any view.</summary>
internal interface IGroupReader
{
    /// <summary>The group's name.</summary>
    string Group { get; }

    /// <summary>Counts requests until all are counted and no more will come.</summary>
    /// <param name="sourceEnded">Cancelled when the last request is in the log.</param>
    /// <param name="cancellationToken">Stops the group; its totals are saved.</param>
    Task RunAsync(CancellationToken sourceEnded, CancellationToken cancellationToken);

    /// <summary>Prints the totals.</summary>
    void Print(TextWriter output);
}
