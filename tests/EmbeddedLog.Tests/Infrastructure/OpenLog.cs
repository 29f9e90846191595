using EmbeddedLog.IO;
using EmbeddedLog.Testing.Simulation;

namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Opens logs on simulated and otherwise unreal platforms.</summary>
internal static class OpenLog
{
    /// <summary>Where logs lie on a simulated disk.</summary>
    public const string Directory = "/log";

    /// <summary>The same in messages: full, with the separators of this system.</summary>
    public static string FullDirectory { get; } = Path.GetFullPath(Directory);

    /// <summary>Opens the log of a simulation.</summary>
    public static ValueTask<CommitLog> OnAsync(SimulatedPlatform simulation, CommitLogOptions? options = null) =>
        OnAsync(simulation.Platform, options);

    /// <summary>What an opening tells of a damaged log: by being refused, or of the only damaged partition.</summary>
    public static async Task<CorruptLogException> FindDamageAsync(Func<ValueTask<CommitLog>> open)
    {
        try
        {
            await using CommitLog log = await open();
            return Assert.Single(log.Recovery.Damaged).Failure!;
        }
        catch (CorruptLogException refused)
        {
            return refused;
        }
    }

    /// <summary>Opens a log on a platform.</summary>
    public static ValueTask<CommitLog> OnAsync(
        Platform platform, CommitLogOptions? options = null, string directory = Directory) =>
        CommitLog.OpenAsync(directory, options ?? new CommitLogOptions(), platform, CancellationToken.None);
}
