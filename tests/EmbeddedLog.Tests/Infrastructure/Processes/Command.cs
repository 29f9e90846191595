using System.Diagnostics;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>What a finished program left.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    /// <summary>
    /// Longer than any command of a test takes: one that hangs fails its test instead of the whole run.
    /// </summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end.</summary>
    public static Command Run(string program, params IEnumerable<string> arguments)
    {
        using Process process = Start(program, arguments);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {s_limit}.");
        }

        return new Command(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Runs a program that has to succeed.</summary>
    public static string RunOrThrow(string program, params IEnumerable<string> arguments)
    {
        Command done = Run(program, arguments);
        return done.ExitCode == 0
            ? done.Output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {done.ExitCode}: {done.Error}");
    }

    /// <summary>Starts a program with its streams redirected.</summary>
    public static Process Start(string program, params IEnumerable<string> arguments)
    {
        return Process.Start(new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>Whether a program of this name is installed.</summary>
    public static bool Exists(string program) => Find(program) is not null;

    /// <summary>
    /// Runs a program of Unix that has to succeed; skips the running test on systems that have none of them.
    /// </summary>
    public static string RunOnUnix(string program, params IEnumerable<string> arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), $"Windows has no {program}.");
        return RunOrThrow(program, arguments);
    }

    /// <summary>Copies a directory that nobody writes to.</summary>
    public static void CopyDirectory(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        foreach (string directory in Directory.GetDirectories(source))
        {
            CopyDirectory(directory, Path.Combine(target, Path.GetFileName(directory)));
        }
    }

    /// <summary>
    /// Copies the directory of a log that is open. A file may go between the listing and the copy, which <c>cp</c>
    /// counts as a failure: then it is copied again.
    /// </summary>
    public static void CopyOpenLog(string source, string target, params IEnumerable<string> options)
    {
        const int MaxTries = 20;
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no cp.");
        for (int tries = 1; ; tries++)
        {
            Command copied = Run("cp", options.Concat(["-a", source, target]));
            if (copied.ExitCode == 0)
            {
                return;
            }

            bool isGone = copied.Error.Contains("No such file", StringComparison.Ordinal) && Directory.Exists(target);
            Assert.True(isGone && tries < MaxTries, copied.Error);
            Directory.Delete(target, recursive: true);
        }
    }

    /// <summary>
    /// The path of a program. Those that make and mount file systems are often not on a user's search path.
    /// </summary>
    private static string? Find(string program)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(Path.PathSeparator).Concat(["/usr/sbin", "/sbin"])
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }
}
