namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>How a program that was built beside the tests is started: by the runtime that runs the tests.</summary>
internal static class OwnProgram
{
    /// <summary>
    /// Names an emulator that the tests run under, and that the processes they start need too: a system does not know
    /// the programs of another processor.
    /// </summary>
    private const string EmulatorVariable = "EMBEDDEDLOG_EMULATOR";

    /// <summary>Whether an emulator stands between the tests and the kernel.</summary>
    public static bool IsEmulated => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EmulatorVariable));

    /// <summary>The command line, program first, that begins <paramref name="name"/>; its arguments follow.</summary>
    public static IReadOnlyList<string> CommandLine(string name)
    {
        string program = Path.Combine(AppContext.BaseDirectory, name);
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string ending = OperatingSystem.IsWindows() ? ".exe" : string.Empty;

        // Published with the runtime there need be no dotnet on the machine; otherwise it is where the runtime is:
        // dotnet/shared/Microsoft.NETCore.App/10.0.0.
        string[] own = IsSameDirectory(runtime, AppContext.BaseDirectory)
            ? [program + ending]
            : [Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet" + ending)), program + ".dll"];
        string? emulator = Environment.GetEnvironmentVariable(EmulatorVariable);
        return string.IsNullOrEmpty(emulator) ? own : [emulator, .. own];
    }

    private static bool IsSameDirectory(string one, string other) =>
        Path.TrimEndingDirectorySeparator(one) == Path.TrimEndingDirectorySeparator(other);
}
