using System.Diagnostics;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>Runs the probe, a process of its own for what a test cannot do to itself.</summary>
internal static class ProbeProcess
{
    /// <summary>The command line, to which what it is to do is added.</summary>
    public static IReadOnlyList<string> CommandLine { get; } = OwnProgram.CommandLine("EmbeddedLog.Tests.Probe");

    /// <summary>The last line of what the command printed, on a path that nobody interferes with.</summary>
    public static string Run(string command, string path) => Outcome(RunToDeath(command, path));

    /// <summary>The last line of what the command printed while calls on <paramref name="faultyPaths"/> fail.</summary>
    public static string RunWithFaults(
        string command, string path, IEnumerable<string> faultyPaths, params IEnumerable<string> injections)
    {
        return Outcome(
            Command.Run("strace", Strace.Wrap([.. CommandLine, command, path], faultyPaths, injections)));
    }

    /// <summary>Runs a command that is to die.</summary>
    public static Command RunToDeath(string command, string path) =>
        Command.Run(CommandLine[0], [.. CommandLine.Skip(1), command, path]);

    /// <summary>
    /// The last line of what the command printed with a variable, <c>name=value</c>, in its environment.
    /// </summary>
    public static string RunIn(string variable, string command, string path) =>
        Outcome(Command.Run("env", [variable, .. CommandLine, command, path]));

    /// <summary>Starts a command that goes on until its standard input ends.</summary>
    public static Process Start(string command, string path) =>
        Command.Start(CommandLine[0], [.. CommandLine.Skip(1), command, path]);

    /// <summary>The last line of what the command printed, run by another user with one group only.</summary>
    public static string RunAs(int user, int group, string command, string path) => Outcome(Command.Run(
        "setpriv", [$"--reuid={user}", $"--regid={group}", "--clear-groups", .. CommandLine, command, path]));

    private static string Outcome(Command done)
    {
        Assert.True(done.ExitCode == 0, $"The probe ended with {done.ExitCode}: {done.Output}{done.Error}");
        return done.Output.TrimEnd().Split('\n')[^1].TrimEnd('\r');
    }
}
