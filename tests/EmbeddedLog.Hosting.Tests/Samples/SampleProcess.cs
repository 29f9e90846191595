using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace EmbeddedLog.Hosting.Tests.Samples;

/// <summary>A sample as its users run it: built, as a process of its own.</summary>
internal sealed partial class SampleProcess : IDisposable
{
    private const int Sigint = 2;

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _read = [];

    public SampleProcess(string sample, string folder, params string[] arguments)
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string ending = OperatingSystem.IsWindows() ? ".exe" : string.Empty;
        string dotnet = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "dotnet" + ending));
        ProcessStartInfo start = new(dotnet, [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Reads until a line satisfies the condition, and returns it.</summary>
    public async Task<string> ReadUntilAsync(Func<string, bool> condition)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            while (true)
            {
                string line = await _lines.Reader.ReadAsync(limit.Token);
                if (condition(line))
                {
                    return line;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"The process did not say that:\n{this}");
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Token);
    }

    /// <summary>Ends it as Ctrl+C does, and returns its exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        Assert.SkipWhen(
            OperatingSystem.IsWindows(), "Windows sends Ctrl+C to all processes of a console, the tests included.");
        Assert.Equal(0, Send(_process.Id, Sigint));
        await _process.WaitForExitAsync(Token);
        return _process.ExitCode;
    }

    /// <summary>All that it has said.</summary>
    public override string ToString()
    {
        lock (_read)
        {
            return string.Join('\n', _read);
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int processId, int signal);

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_read)
        {
            _read.Add(line);
        }

        _lines.Writer.TryWrite(line);
    }
}
