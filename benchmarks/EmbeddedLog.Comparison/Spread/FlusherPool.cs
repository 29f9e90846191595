using Microsoft.Win32.SafeHandles;

namespace EmbeddedLog.Comparison.Spread;

/// <summary>Threads that flush a group of files together.</summary>
internal sealed class FlusherPool : IGroupFlusher
{
    private const int Threads = 8;

    private readonly Barrier _barrier = new(Threads + 1);
    private readonly Thread[] _threads = new Thread[Threads];

    /// <summary>Set before the barrier that begins a group, read after it; null ends the threads.</summary>
    private SafeFileHandle[]? _files;

    private int _next;

    public FlusherPool()
    {
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true };
            _threads[i].Start();
        }
    }

    public void Flush(SafeFileHandle[] files)
    {
        _files = files;
        _next = 0;
        _barrier.SignalAndWait();
        _barrier.SignalAndWait();
    }

    public void Dispose()
    {
        _files = null;
        _barrier.SignalAndWait();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _barrier.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _barrier.SignalAndWait();
            if (_files is not { } files)
            {
                return;
            }

            for (int i = Take(); i < files.Length; i = Take())
            {
                Posix.Flush(files[i]);
            }

            _barrier.SignalAndWait();
        }
    }

    private int Take() => Interlocked.Increment(ref _next) - 1;
}
