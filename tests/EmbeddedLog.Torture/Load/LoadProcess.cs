using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EmbeddedLog.Torture.Load.Checking;
using EmbeddedLog.Torture.Machine;

namespace EmbeddedLog.Torture.Load;

/// <summary>
/// The parent's side of a <see cref="LoadChild"/>: starts it before its life, sends its order, passes its messages to
/// the history, and ends it.
/// </summary>
internal sealed class LoadProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _errors;
    private readonly Dictionary<LoadMessageKind, TaskCompletionSource> _first = [];

    /// <summary>Completes when the pipe has been read to its end.</summary>
    private readonly Task _reading;

    /// <summary>
    /// The receiver of messages; set with the order. Before that the child only reports that it is ready.
    /// </summary>
    private volatile LoadHistory? _history;

    /// <summary>The child's process id; under another program not that of the started process.</summary>
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

    /// <summary>The exit code if it was not killed.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The text of its error stream: not empty if the runtime has failed.</summary>
    public string Errors => File.Exists(_errors) ? File.ReadAllText(_errors) : string.Empty;

    /// <summary>Starts a child that waits for its order.</summary>
    /// <param name="errors">The file for its error stream.</param>
    /// <param name="under">A program with arguments to run it under; none by default.</param>
    public static LoadProcess Start(string errors, params IEnumerable<string> under)
    {
        if (OperatingSystem.IsWindows())
        {
            // No core files; its error stream is that of the torture.
            return new LoadProcess(ChildProcess.Start(LoadChild.ChildName, []), errors);
        }

        // The shell is replaced by the program, which keeps the process id. Core files of all children that die of a
        // signal would fill the disk; an interrupt is for the parent alone, which then ends its children.
        const string Script = "ulimit -c 0; trap '' INT; errors=$1; shift; exec \"$@\" 2>\"$errors\"";
        string[] shell = ["/bin/sh", "-c", Script, "sh", errors];
        return new LoadProcess(ChildProcess.Start(LoadChild.ChildName, [], [.. shell, .. under]), errors);
    }

    /// <summary>Sends the order once the child runs.</summary>
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

    /// <summary>Orders it to close the log and to end. If it has already ended, its log is checked anyway.</summary>
    public void OrderClose() => ChildProcess.TryTell(_process, LoadChild.CloseLine);

    /// <summary>Waits until it has sent a kind of message or has ended.</summary>
    /// <returns>Whether it has sent the message.</returns>
    /// <exception cref="LoadViolationException">
    /// Neither, for longer than <see cref="Patience.Limit"/>: it hangs.
    /// </exception>
    public async Task<bool> WaitForAsync(LoadMessageKind kind, CancellationToken stop)
    {
        Task told = _first[kind].Task;
        try
        {
            await Task.WhenAny(told, _reading).WaitAsync(Patience.Limit, stop);
        }
        catch (TimeoutException)
        {
            throw Hangs($"it has not told '{kind}'");
        }

        return told.IsCompleted;
    }

    /// <summary>Kills it as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        _killed = true;
        try
        {
            // Zero would be the whole process group of this process.
            if (_processId > 0)
            {
                using Process child = Process.GetProcessById(_processId);
                child.Kill();
            }
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // The child has ended by itself.
        }
    }

    /// <summary>Waits until it has ended and all its messages were read.</summary>
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
            throw Hangs("it has not ended");
        }

        if (!_killed && !mayDie && ExitCode != 0)
        {
            throw new LoadViolationException($"The child ended with {ExitCode}:{Environment.NewLine}{Errors}");
        }
    }

    /// <summary>Ends it if it still runs, and releases it. A second call does nothing.</summary>
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

    private LoadViolationException Hangs(string how) =>
        new($"The child hangs: {how} for {Patience.Limit}. {Errors}{Environment.NewLine}{ThreadStates.Of(_processId)}");

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
