using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Storing;

/// <summary>
/// A descriptor that flusher and preparer share. Closing waits for its users, so that no call reaches a descriptor that
/// the system has given to another file since.
/// </summary>
internal sealed class SharedFile : IDisposable
{
    private readonly LogFile _file;
    private readonly Lock _gate = new();

    /// <summary>Under the gate.</summary>
    private int _users;

    /// <summary>Under the gate.</summary>
    private bool _closing;

    public SharedFile(LogFile file) => _file = file;

    /// <summary>Takes the file for a call; null once it is closed. Give it back with <see cref="Release"/>.</summary>
    public LogFile? TryUse()
    {
        lock (_gate)
        {
            if (_closing)
            {
                return null;
            }

            _users++;
            return _file;
        }
    }

    /// <summary>Ends a use.</summary>
    public void Release()
    {
        bool close;
        lock (_gate)
        {
            close = --_users == 0 && _closing;
        }

        if (close)
        {
            _file.Dispose();
        }
    }

    /// <summary>Closes the file now, or when its last user is done.</summary>
    public void Dispose()
    {
        bool close;
        lock (_gate)
        {
            close = !_closing && _users == 0;
            _closing = true;
        }

        if (close)
        {
            _file.Dispose();
        }
    }
}
