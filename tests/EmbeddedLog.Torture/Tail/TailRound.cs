using System.Diagnostics;
using System.Globalization;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Tail;

/// <summary>One log with one follower and several owners, one after the other; most of them are killed.</summary>
internal sealed class TailRound(TortureRun run, int seed, string directory)
{
    /// <summary>The exit code of a process ended by SIGKILL.</summary>
    private const int KilledCode = 137;

    private readonly Random _random = new(seed);
    private Process? _follower;

    /// <summary>Plays so many lives of owners.</summary>
    /// <exception cref="TailViolationException">The follower read a wrong record, died or does not advance.</exception>
    public async Task PlayAsync(int lives)
    {
        try
        {
            for (int life = 0; life < lives && !run.IsOver; life++)
            {
                await LiveAsync(life);
            }

            if (_follower is not null)
            {
                Tell("end");
                string[] done = (await HearAsync("done")).Split(' ');
                run.Add("records", long.Parse(done[1], CultureInfo.InvariantCulture));
                run.Add("retention-gaps", long.Parse(done[2], CultureInfo.InvariantCulture));
            }
        }
        finally
        {
            End(_follower);
        }
    }

    private async Task LiveAsync(int life)
    {
        string[] arguments = [directory, seed.ToString(CultureInfo.InvariantCulture), $"{life}"];
        using Process owner = ChildProcess.Start(TailOwner.ChildName, arguments);
        string ends = string.Empty;
        try
        {
            ends = await owner.StandardOutput.ReadLineAsync(run.Stop)
                ?? throw new TailViolationException($"the owner of life {life} ended before its first record");
            Task<string?> rest = Task.Run(() => LastLine(owner.StandardOutput));
            if (_follower is null)
            {
                _follower = ChildProcess.Start(TailFollower.ChildName, arguments[..2]);
                await HearAsync("following");
            }

            await Task.Delay(_random.Next(50, 900), run.Stop);
            bool isKilled = _random.Next(4) > 0;
            if (isKilled)
            {
                owner.Kill();
                run.Add("kills", 1);
            }
            else
            {
                owner.StandardInput.Close();
                run.Add("closings", 1);
            }

            ends = await rest.WaitAsync(Patience.Limit, run.Stop) ?? ends;
            await owner.WaitForExitAsync(run.Stop);
            if (owner.ExitCode != (isKilled ? KilledCode : 0))
            {
                throw new TailViolationException($"the owner of life {life} ended with exit code {owner.ExitCode}");
            }
        }
        finally
        {
            End(owner);
        }

        // Sometimes the next owner has started before the follower reaches the end of this one.
        if (_random.Next(2) == 0)
        {
            Tell($"reach {ends}");
            await HearAsync("reached");
        }

        if (_random.Next(3) == 0)
        {
            run.Add("reopenings", 1);
            Tell("reopen");
            await HearAsync("following");
        }
    }

    private static string? LastLine(StreamReader output)
    {
        // A line cut short by a kill is ignored.
        string[] lines = output.ReadToEnd().Split('\n');
        return lines.Length > 1 ? lines[^2] : null;
    }

    /// <summary>The next read returns the follower's answer, also the reason if it has ended.</summary>
    private void Tell(string order) => ChildProcess.TryTell(_follower!, order);

    private async Task<string> HearAsync(string expected)
    {
        string? line = await _follower!.StandardOutput.ReadLineAsync(run.Stop).AsTask()
            .WaitAsync(2 * Patience.Limit, run.Stop);
        if (line is null)
        {
            await _follower.WaitForExitAsync(run.Stop);
            throw new TailViolationException($"the follower died with exit code {_follower.ExitCode}");
        }

        return line.StartsWith(expected, StringComparison.Ordinal) ? line : throw new TailViolationException(line);
    }

    private static void End(Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }
    }
}
