namespace EmbeddedLog.Tests.Simulation;

/// <summary>
/// Which file each name may stand for after the power went: any that it stood for since its directory was last
/// synced. A file that was durable under some name and was only moved since then must be there. Files are numbered
/// from one; zero is none.
/// </summary>
internal sealed class NamesModel(IReadOnlyList<string> directories)
{
    private readonly Dictionary<string, int> _live = [];
    private readonly Dictionary<string, HashSet<int>> _versions = [];
    private readonly HashSet<int> _durable = [];

    /// <summary>The file that a name stands for now.</summary>
    public int this[string path] => _live.GetValueOrDefault(path);

    /// <summary>A name came to stand for a file, or for none; the file that it stood for is gone with it.</summary>
    public void Set(string path, int file)
    {
        _durable.Remove(this[path]);
        Change(path, file);
    }

    /// <summary>A file moved.</summary>
    public void Move(string from, string to)
    {
        if (from != to)
        {
            Set(to, this[from]);
            Change(from, 0);
        }
    }

    /// <summary>A directory was synced.</summary>
    public void Sync(string directory)
    {
        string prefix = directory + "/";
        foreach (string path in _versions.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _versions[path] = [this[path]];
            _durable.Add(this[path]);
        }
    }

    /// <summary>Whether programs should find exactly this.</summary>
    public bool IsLive(Func<string, int> find) => _versions.Keys.All(path => find(path) == this[path]);

    /// <summary>What was found after a power loss. False if it cannot be; else this is how it is from now on.</summary>
    public bool TrySettle(Func<string, int> find)
    {
        var found = _versions.Keys.ToDictionary(path => path, find);
        var files = found.Values.Where(file => file != 0).ToList();
        bool possible = found.All(pair => _versions[pair.Key].Contains(pair.Value))
            && files.Distinct().Count() == files.Count
            && _durable.Where(file => file != 0).All(files.Contains);
        foreach ((string path, int file) in found)
        {
            _live[path] = file;
        }

        foreach (string directory in directories)
        {
            Sync(directory);
        }

        _durable.IntersectWith(files);
        return possible;
    }

    private void Change(string path, int file)
    {
        if (!_versions.TryGetValue(path, out HashSet<int>? versions))
        {
            _versions.Add(path, versions = [0]);
        }

        _live[path] = file;
        versions.Add(file);
    }
}
