namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>Makes the system calls of a child process fail.</summary>
internal static class Strace
{
    /// <summary>Skips the test where system calls cannot be made to fail.</summary>
    public static void Require()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "strace is for Linux.");
        Infrastructure.Require.That(Command.Exists("strace"), "strace is not installed.");
        Command traced = Command.Run("strace", "-qq", "-o", "/dev/null", "true");
        Infrastructure.Require.That(traced.ExitCode == 0, $"strace may not trace: {traced.Error.Trim()}");
    }

    /// <summary>
    /// The command line that runs a program with these injections (<c>fdatasync:error=EIO:when=1</c>) into the calls
    /// that name or use one of <paramref name="paths"/>; all other calls are left alone, the runtime's own above all.
    /// </summary>
    public static IEnumerable<string> Wrap(
        IEnumerable<string> program, IEnumerable<string> paths, IEnumerable<string> injections)
    {
        return ((string[])["-f", "-qq", "-o", "/dev/null"])
            .Concat(paths.SelectMany(path => new[] { "-P", path }))
            .Concat(injections.SelectMany(injection => new[] { "-e", $"inject={injection}" }))
            .Concat(["--"])
            .Concat(program);
    }
}
