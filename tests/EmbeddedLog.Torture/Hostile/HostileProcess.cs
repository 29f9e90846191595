using System.Diagnostics;
using System.Globalization;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Hostile;

/// <summary>The parent's side of a <see cref="HostileChild"/>; sends one seed after the other.</summary>
internal sealed class HostileProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _forged;

    public HostileProcess(string scratch)
    {
        _forged = Path.Combine(scratch, HostileChild.ForgedName);

        // No core file if the case ends the process.
        string[] shell = ["/bin/sh", "-c", "ulimit -c 0; exec \"$@\"", "sh"];
        _process = ChildProcess.Start(HostileChild.ChildName, [scratch], shell);
    }

    private string Forged => File.Exists(_forged) ? File.ReadAllText(_forged) : "nothing yet";

    /// <summary>Plays a case and returns the child's answer, or why there is none.</summary>
    public async Task<string> PlayAsync(int seed, CancellationToken stop)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience.Limit);
        try
        {
            if (ChildProcess.TryTell(_process, seed.ToString(CultureInfo.InvariantCulture))
                && await _process.StandardOutput.ReadLineAsync(limit.Token) is { } answer)
            {
                return answer;
            }
        }
        catch (OperationCanceledException)
        {
            return stop.IsCancellationRequested ? "stopped" : $"{HostileChild.Violated}{Forged}: it hangs";
        }

        await _process.WaitForExitAsync(stop);
        return $"{HostileChild.Violated}{Forged}: the process died with exit code {_process.ExitCode}";
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
