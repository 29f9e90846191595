namespace AccessLog;

/// <summary>A consumer group, whatever it counts.</summary>
internal interface IGroupReader
{
    /// <summary>The group's name.</summary>
    string Group { get; }

    /// <summary>Counts requests until no more will come and all are counted.</summary>
    /// <param name="sourceEnded">Cancelled when the last request is in the log.</param>
    /// <param name="cancellationToken">Stops the group where it is; its totals are saved.</param>
    Task RunAsync(CancellationToken sourceEnded, CancellationToken cancellationToken);

    /// <summary>Prints the totals.</summary>
    void Print(TextWriter output);
}
