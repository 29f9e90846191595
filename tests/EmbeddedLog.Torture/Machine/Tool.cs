using System.Diagnostics;

namespace EmbeddedLog.Torture.Machine;

/// <summary>Runs the system's programs.</summary>
internal static class Tool
{
    /// <summary>Skips the mode if a program is not installed.</summary>
    public static void Require(string program, string package)
    {
        if (Find(program) is null)
        {
            throw new TortureSkippedException($"{program} is not installed; it is in the package {package}.");
        }
    }

    /// <summary>Skips the mode if it cannot mount.</summary>
    public static void RequireMounts()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new TortureSkippedException("It mounts file systems of its own, which is for Linux.");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            throw new TortureSkippedException("It mounts file systems of its own, for which it has to run as root.");
        }
    }

    /// <summary>Runs a program that has to succeed, and returns what it printed.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        (int code, string output, string error) = TryRun(program, arguments);
        return code == 0
            ? output.Trim()
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {code}: {error.Trim()}");
    }

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Output, string Error) TryRun(string program, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience.Limit))
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience.Limit}.");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Programs that create and mount file systems are often not on a user's search path.</summary>
    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Concat(["/usr/sbin", "/sbin"])
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
}
