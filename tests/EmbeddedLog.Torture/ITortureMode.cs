namespace EmbeddedLog.Torture;

/// <summary>One way of torturing the log. Listed in <see cref="TortureModes"/>.</summary>
internal interface ITortureMode
{
    /// <summary>The word on the command line.</summary>
    string Name { get; }

    /// <summary>A description in one sentence.</summary>
    string Description { get; }

    /// <summary>The unit that is counted, in the plural: states, kills, rounds, bits.</summary>
    string Unit { get; }

    /// <summary>How many units are played if the command line gives neither a number nor a time.</summary>
    long DefaultCount { get; }

    /// <summary>
    /// Plays cases for as long as <see cref="TortureRun.TryNext"/> returns another one, reports violations to the run,
    /// and adds its counts to the run's summary.
    /// </summary>
    /// <exception cref="TortureSkippedException">The machine lacks what the mode needs.</exception>
    Task RunAsync(TortureRun run);
}
