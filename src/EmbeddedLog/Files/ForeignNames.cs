using EmbeddedLog.Diagnostics;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Files;

/// <summary>
/// The foreign names that an opening finds in a log's directories. They are logged once, in one line, because they may
/// be there by mistake. All members are safe to call from any thread.
/// </summary>
internal sealed class ForeignNames
{
    private const int MaxNamed = 5;

    private readonly Lock _gate = new();

    /// <summary>The first few, as paths. Under the gate.</summary>
    private readonly List<string> _named = [];

    /// <summary>Under the gate.</summary>
    private int _count;

    /// <summary>Notes the names in a directory that are neither the log's nor the system's.</summary>
    public void Note(string directory, IEnumerable<string> names, Func<string, bool> isOwn)
    {
        foreach (string name in names)
        {
            if (!isOwn(name) && !OwnNames.IsCommonplace(name))
            {
                Note(Path.Combine(directory, name));
            }
        }
    }

    /// <summary>Notes a name.</summary>
    public void Note(string path)
    {
        lock (_gate)
        {
            if (_count++ < MaxNamed)
            {
                _named.Add(path);
            }
        }
    }

    /// <summary>Logs all names, if there are any.</summary>
    public void Tell(ILogger logger, string root)
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return;
            }

            string names = string.Join(", ", _named.Select(path => $"'{Path.GetRelativePath(root, path)}'"));
            string rest = _count > _named.Count ? $" and {_count - _named.Count} more" : string.Empty;
            StorageLog.ForeignNamesFound(logger, root, names + rest);
        }
    }
}
