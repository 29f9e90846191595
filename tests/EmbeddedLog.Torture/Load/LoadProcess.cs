using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// The parent's side of a <see cref="LoadChild"/>: starts it ahead of its life, gives it its order, hands everything it
/// tells to the history, and ends it.
/// </summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _errors;
    private readonly Dictionary<LoadMessageKind, TaskCompletionSource> _first = [];

    /// <summary>Completes when the pipe has been read to its end.</summary>
    private readonly Task _reading;

    /// <summary>Who is told; set with the order, before which the child tells nothing but that it is ready.</summary>
    private volatile LoadHistory? _history;

    /// <summary>The child's process id, which under another program is not the one that was started.</summary>
    private volatile int _processId;

    private bool _killed;
    private bool _disposed;

    private LoadProcess(Process process, string errors)
    {
        _process = process;
        _errors = errors;
        foreach (LoadMessageKind kind in Enum.GetValues<LoadMessageKind>())
        {
            _first.Add(kind, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        _reading = Task.Factory.StartNew(
            Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>How it ended, where it was not killed.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it wrote to its error stream, which is something where the runtime has failed.</summary>
    public string Errors => File.Exists(_errors) ? File.ReadAllText(_errors) : string.Empty;

    /// <summary>Starts a child that waits for its order.</summary>
    /// <param name="errors">The file for its error stream.</param>
    /// <param name="under">A program with arguments to run it under; none by default.</param>
    public static LoadProcess Start(string errors, params IEnumerable<string> under)
    {
        if (OperatingSystem.IsWindows())
        {
            // There are no core files, and what it writes to its error stream is seen on that of the torture.
            return new LoadProcess(ChildProcess.Start(LoadChild.ChildName, []), errors);
        }

        // The shell gives way to the program and keeps its process id. A core file of each child that is to die of a
        // signal would fill the disk; and an interrupt is for the parent, who ends its children in its own time.
        const string Script = "ulimit -c 0; trap '' INT; errors=$1; shift; exec \"$@\" 2>\"$errors\"";
        string[] shell = ["/bin/sh", "-c", Script, "sh", errors];
        return new LoadProcess(ChildProcess.Start(LoadChild.ChildName, [], [.. shell, .. under]), errors);
    }

    /// <summary>Lets it begin, once it runs.</summary>
    /// <exception cref="LoadViolationException">It does not run.</exception>
    public async Task OrderAsync(LoadOrder order, LoadHistory history, CancellationToken stop)
    {
        if (!await WaitForAsync(LoadMessageKind.Ready, stop))
        {
            throw new LoadViolationException($"The child has not begun: {Errors}");
        }

        history.Begin(order.Life);
        _history = history;
        if (!ChildProcess.TryTell(_process, order.ToLine()))
        {
            await _process.WaitForExitAsync(stop);
            throw new LoadViolationException($"The child ended before its order, with {ExitCode}: {Errors}");
        }
    }

    /// <summary>
    /// Tells it to close the log and to end. If it is gone already, what it left is looked at anyway.
    /// </summary>
    public void OrderClose() => ChildProcess.TryTell(_process, LoadChild.CloseLine);

    /// <summary>Waits until it has told something, or has ended.</summary>
    /// <returns>Whether it has told it.</returns>
    /// <exception cref="LoadViolationException">Neither, for a minute: it hangs.</exception>
    public async Task<bool> WaitForAsync(LoadMessageKind kind, CancellationToken stop)
    {
        Task told = _first[kind].Task;
        try
        {
            await Task.WhenAny(told, _reading).WaitAsync(Patience.Limit, stop);
        }
        catch (TimeoutException)
        {
            throw new LoadViolationException($"The child hangs: it has not told '{kind}' for {Patience.Limit}.");
        }

        return told.IsCompleted;
    }

    /// <summary>Kills it as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        _killed = true;
        try
        {
            // Zero would stand for this process and all of its group.
            if (_processId > 0)
            {
                using Process child = Process.GetProcessById(_processId);
                child.Kill();
            }
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Waits until it has ended and all that it told was read.</summary>
    /// <param name="mayDie">Whether it may end by a signal of its own.</param>
    /// <exception cref="LoadViolationException">It does not end, or ended in a way it must not.</exception>
    public async Task EndAsync(bool mayDie = false)
    {
        try
        {
            await Task.WhenAll(_reading, _process.WaitForExitAsync()).WaitAsync(Patience.Limit);
        }
        catch (TimeoutException)
        {
            throw new LoadViolationException($"The child hangs: it has not ended within {Patience.Limit}.");
        }

        if (!_killed && !mayDie && ExitCode != 0)
        {
            throw new LoadViolationException($"The child ended with {ExitCode}:{Environment.NewLine}{Errors}");
        }
    }

    /// <summary>Ends it if it still runs, and lets go of it. A second call does nothing.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (!_process.HasExited)
        {
            Kill();
            _process.Kill();
            _process.WaitForExit();
        }

        _reading.GetAwaiter().GetResult();
        _process.Dispose();
    }

    private void Read()
    {
        using Stream pipe = _process.StandardOutput.BaseStream;
        byte[] buffer = new byte[LoadMessage.Bytes];
        while (pipe.ReadAtLeast(buffer, LoadMessage.Bytes, throwOnEndOfStream: false) == LoadMessage.Bytes)
        {
            LoadMessage message = MemoryMarshal.Read<LoadMessage>(buffer);
            byte[] text = new byte[message.HasText ? message.Count : 0];
            pipe.ReadExactly(text);
            if (message.Kind == LoadMessageKind.Ready)
            {
                _processId = (int)message.Sequence;
            }
            else
            {
                _history!.Note(message, Encoding.UTF8.GetString(text));
            }

            _first[message.Kind].TrySetResult();
        }
    }
}
