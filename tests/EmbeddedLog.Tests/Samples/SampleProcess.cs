using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EmbeddedLog.Tests.Infrastructure.Processes;

namespace EmbeddedLog.Tests.Samples;

/// <summary>A sample as its users run it: built, as a process of its own.</summary>
internal sealed partial class SampleProcess : IDisposable
{
    /// <summary>Longer than any wait takes: a sample that hangs fails its test instead of the whole run.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    /// <summary>What is told of a process that was killed: by SIGKILL, or on Windows by TerminateProcess.</summary>
    public static int KilledExitCode => OperatingSystem.IsWindows() ? -1 : 128 + 9;

    private readonly Process _process;

    /// <summary>Everything read so far, so that a failing test can show it.</summary>
    private readonly StringBuilder _output = new();

    private readonly Task<string> _errors;

    private SampleProcess(Process process)
    {
        _process = process;
        _errors = ReadErrorsAsync(process);
    }

    /// <summary>
    /// The standard input of a sample that was started to be fed; closed by <see cref="RunToEndAsync"/>.
    /// </summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts a sample in a folder. Nobody holds its standard input open.</summary>
    public static SampleProcess Start(string sample, string folder, params string[] arguments)
    {
        SampleProcess process = StartToFeed(sample, folder, arguments);
        process.Input.Close();
        return process;
    }

    /// <summary>Starts a sample in a folder, to be fed by the test.</summary>
    public static SampleProcess StartToFeed(string sample, string folder, params string[] arguments)
    {
        IReadOnlyList<string> program = OwnProgram.CommandLine(sample);
        var start = new ProcessStartInfo(program[0], [.. program.Skip(1), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        InterruptSignal.LetThrough();
        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Runs a sample from start to end and expects it to succeed.</summary>
    public static async Task<string> RunAsync(string sample, string folder, params string[] arguments)
    {
        using SampleProcess process = Start(sample, folder, arguments);
        (int exitCode, string output, string errors) = await process.RunToEndAsync();
        Assert.True(exitCode == 0, $"{sample} ended with {exitCode}:\n{output}\n{errors}");
        return output;
    }

    /// <summary>Reads output until a line satisfies the condition, and nothing after it.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> condition)
    {
        StreamReader output = _process.StandardOutput;
        while (await WithinLimitAsync(output.ReadLineAsync(CancellationToken.None).AsTask()) is { } line)
        {
            _output.Append(line).Append('\n');
            if (condition(line))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The process ended before that:\n{_output}\n{await _errors}");
    }

    /// <summary>Ends the input and reads the output to its end.</summary>
    public Task<(int ExitCode, string Output, string Errors)> RunToEndAsync()
    {
        _process.StandardInput.Close();
        return ReadToEndAsync();
    }

    /// <summary>Reads the output to its end and leaves the input open.</summary>
    public async Task<(int ExitCode, string Output, string Errors)> ReadToEndAsync()
    {
        // The limit is for silence, not for the whole: on a slow file system or an emulator a run takes minutes.
        StreamReader output = _process.StandardOutput;
        while (await WithinLimitAsync(output.ReadLineAsync(CancellationToken.None).AsTask()) is { } line)
        {
            _output.Append(line).Append('\n');
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (_process.ExitCode, _output.ToString(), await _errors);
    }

    /// <summary>Ends the process as <c>kill -9</c> does and returns its exit code.</summary>
    public async Task<int> KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Sends what Ctrl+C sends.</summary>
    public void Interrupt()
    {
        Assert.SkipWhen(
            OperatingSystem.IsWindows(), "Windows sends Ctrl+C to all processes of a console, the tests included.");
        Assert.Equal(0, SendSignal(_process.Id, InterruptSignal.Number));
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static async Task<string> ReadErrorsAsync(Process process) =>
        (await process.StandardError.ReadToEndAsync(CancellationToken.None)).ReplaceLineEndings("\n");

    private async Task<T> WithinLimitAsync<T>(Task<T> reading)
    {
        try
        {
            return await reading.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            throw new TimeoutException($"The sample has said nothing more for {s_limit}:\n{_output}\n{await _errors}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
