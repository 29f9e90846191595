namespace EmbeddedLog.Torture;

/// <summary>One way of torturing the log. Told to the program in <see cref="TortureModes"/>.</summary>
internal interface ITortureMode
{
    /// <summary>The word on the command line.</summary>
    string Name { get; }

    /// <summary>What it does, in one sentence.</summary>
    string Description { get; }

    /// <summary>What is counted, in the plural: states, kills, rounds, bits.</summary>
    string Unit { get; }

    /// <summary>How many, where the command line gives neither a number nor a time.</summary>
    long DefaultCount { get; }

    /// <summary>
    /// Goes on for as long as <see cref="TortureRun.TryNext"/> gives it another case, tells violations to the run, and
    /// adds what it has counted to the run's summary.
    /// </summary>
    /// <exception cref="TortureSkippedException">The machine lacks what the mode needs.</exception>
    Task RunAsync(TortureRun run);
}
