using System.Globalization;
using System.Text.Json;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>
/// The topics' directories. A topic appears and disappears by the renaming of its directory, so that a crash leaves all
/// of it or nothing.
/// </summary>
internal sealed class TopicStore
{
    /// <summary>The name of the directory that holds the topics' own.</summary>
    public const string DirectoryName = OwnNames.Topics;

    private const int MaxDescriptorBytes = 64 << 10;

    /// <summary>Names may be as long as directory names; the id behind them needs some room.</summary>
    private const int MaxNameInPath = 200;

    private readonly FileSystem _files;
    private readonly string _root;

    /// <summary>Told what is not the log's; null where nobody asks.</summary>
    private readonly ForeignNames? _foreign;

    /// <summary>
    /// The directories of topics that were not made after all, or were deleted, and could not be removed. Under the
    /// log's topic lock.
    /// </summary>
    private readonly List<string> _leftovers = [];

    public TopicStore(FileSystem files, string logDirectory, ForeignNames? foreign = null)
    {
        _foreign = foreign;
        _files = files;
        Debris = new TopicDebris(files);
        _root = Path.Combine(logDirectory, DirectoryName);
    }

    /// <summary>Removes the directories that are no topics' any more, at once or later.</summary>
    public TopicDebris Debris { get; }

    /// <summary>Makes the topics' directory where there is none, and removes what crashes have left in it.</summary>
    /// <param name="isOnDisk">
    /// Whether everything found is known to be on the disk, because the last owner closed the log cleanly. If not, the
    /// names of topics and what describes them are synced: a process that was killed may have left them in the page
    /// cache alone, and what is appended to a topic that a power loss takes away was not flushed.
    /// </param>
    public void Prepare(bool isOnDisk)
    {
        if (!_files.DirectoryExists(_root))
        {
            _files.CreateDirectory(_root);
            _files.SyncDirectory(Path.GetDirectoryName(_root)!);
        }
        else if (!isOnDisk)
        {
            // Before anything is removed, too: of a topic whose deletion is taken back all must be there.
            _files.SyncDirectory(_root);
        }

        RefuseLinks(Path.GetDirectoryName(_root)!, OwnNames.IsInLog);
        foreach (string name in ListOwn())
        {
            if (IsToGo(name))
            {
                Debris.Remove(Path.Combine(_root, name));
            }
            else if (!isOnDisk)
            {
                _files.SyncDirectory(Path.Combine(_root, name));
            }
        }
    }

    /// <summary>All topics, by the name of their directories.</summary>
    /// <exception cref="CorruptLogException">A topic's description is missing or makes no sense.</exception>
    public IEnumerable<StoredTopic> Load()
    {
        RefuseLinks(_root, OwnNames.MayBeTopic);
        NoteForeign();
        HashSet<string> names = [];
        HashSet<ulong> uids = [];
        foreach (string name in ListOwn().Where(name => !IsToGo(name)))
        {
            StoredTopic topic = Load(Path.Combine(_root, name));
            RequireNew(topic, names, uids);
            _foreign?.Note(topic.Directory, _files.ListFiles(topic.Directory), OwnNames.IsInTopic);
            _foreign?.Note(topic.Directory, _files.ListDirectories(topic.Directory), OwnNames.IsInTopic);
            yield return topic;
        }
    }

    /// <summary>
    /// All topics as somebody sees them who does not own the log: one that comes or goes at the moment may be missing.
    /// </summary>
    /// <exception cref="CorruptLogException">A topic's description is missing or makes no sense.</exception>
    public List<StoredTopic> LoadShared()
    {
        List<StoredTopic> topics = [];
        HashSet<string> topicNames = [];
        HashSet<ulong> uids = [];
        IEnumerable<string> names = _files.DirectoryExists(_root) ? ListOwn() : [];
        foreach (string name in names)
        {
            if (IsToGo(name))
            {
                continue;
            }

            string directory = Path.Combine(_root, name);
            try
            {
                topics.Add(Load(directory));
            }
            catch (Exception failure) when (
                failure is CorruptLogException or FileSystemException && !_files.DirectoryExists(directory))
            {
                // It was deleted since the names were read.
                continue;
            }

            RequireNew(topics[^1], topicNames, uids);
        }

        return topics;
    }

    /// <summary>All topics whose descriptions can be read.</summary>
    public List<StoredTopic> LoadReadable()
    {
        List<StoredTopic> topics = [];
        IEnumerable<string> names = _files.DirectoryExists(_root) ? ListOwn() : [];
        foreach (string name in names.Where(name => !IsToGo(name)))
        {
            try
            {
                topics.Add(Load(Path.Combine(_root, name)));
            }
            catch (CorruptLogException)
            {
                // Another topic may be the one that is looked for.
            }
        }

        return topics;
    }

    /// <summary>
    /// Whether a topic is still there: where its directory is gone, or is another topic's, it was deleted. Looks at
    /// that directory alone, for it is asked for one partition after the other.
    /// </summary>
    /// <exception cref="CorruptLogException">Its description makes no sense.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public bool Exists(StoredTopic topic) =>
        _files.DirectoryExists(topic.Directory) && Read(topic.Directory).Uid == topic.Uid;

    /// <summary>
    /// Makes a topic with its partitions' directories; durable on return. When it throws, nothing was made.
    /// </summary>
    public StoredTopic Create(string name, TopicOptions options)
    {
        RemoveLeftovers();
        ulong uid = Uids.New();
        string directory = Path.Combine(_root, NewDirectoryName(name));
        StoredTopic topic = new(directory, name, uid, options);
        try
        {
            Make(topic, directory + StoredFile.UnfinishedSuffix);
            return topic;
        }
        catch
        {
            Discard(topic);
            throw;
        }
    }

    /// <summary>
    /// Removes a topic that could not be opened after it was made, or not be deleted at first. What cannot be removed
    /// now goes before the next topic is made: it would be a second topic of the same name.
    /// </summary>
    public void Discard(StoredTopic topic)
    {
        _leftovers.Add(topic.Directory);
        TryRemoveLeftovers();
    }

    /// <summary>
    /// Removes the topics that were to go; false where one stays, which the next opening finds as after a crash. The
    /// caller tells why it was to go, which says more than that it stays.
    /// </summary>
    public bool TryRemoveLeftovers()
    {
        try
        {
            RemoveLeftovers();
            Debris.Retry();
            return true;
        }
        catch (FileSystemException)
        {
            return false;
        }
    }

    /// <summary>Changes a topic's options; durable on return.</summary>
    public StoredTopic Update(StoredTopic topic, TopicOptions options)
    {
        string uid = topic.Uid.ToString("x16", CultureInfo.InvariantCulture);
        Write(topic.Directory, TopicDescriptor.From(topic.Name, uid, options));
        return topic with { Options = options };
    }

    /// <summary>Makes a topic disappear, durably; <see cref="Debris"/> removes its files.</summary>
    /// <returns>The directory to remove.</returns>
    public string Hide(StoredTopic topic) => Hide(topic.Directory);

    /// <summary>The directory of one partition.</summary>
    public static string PartitionDirectory(string topicDirectory, int partition) =>
        Path.Combine(topicDirectory, partition.ToString(CultureInfo.InvariantCulture));

    private void WriteContents(StoredTopic topic, string directory)
    {
        _files.CreateDirectory(directory);
        for (int partition = 0; partition < topic.Options.Partitions; partition++)
        {
            _files.CreateDirectory(PartitionDirectory(directory, partition));
        }

        string uid = topic.Uid.ToString("x16", CultureInfo.InvariantCulture);
        Write(directory, TopicDescriptor.From(topic.Name, uid, topic.Options));
        _files.SyncDirectory(directory);
    }

    private void Make(StoredTopic topic, string unfinished)
    {
        WriteContents(topic, unfinished);
        _files.Rename(unfinished, topic.Directory);
        _files.SyncDirectory(_root);
    }

    /// <summary>Notes a topic, which no other directory may hold.</summary>
    /// <exception cref="CorruptLogException">Another one does.</exception>
    private static void RequireNew(StoredTopic topic, HashSet<string> names, HashSet<ulong> uids)
    {
        if (!names.Add(topic.Name) || !uids.Add(topic.Uid))
        {
            throw StoredFile.Damaged(
                Path.Combine(topic.Directory, OwnNames.Description), 0, "a topic that no other directory holds",
                $"a second '{topic.Name}' or uid {topic.Uid:x16}");
        }
    }

    /// <summary>
    /// Makes the directories of a topic that is copied, with its name, uid and options; in the directory of a log that
    /// is not one yet, so that no crash can leave a part of it to anybody.
    /// </summary>
    public StoredTopic MakeCopy(StoredTopic topic)
    {
        StoredTopic copy = topic with { Directory = Path.Combine(_root, Path.GetFileName(topic.Directory)) };
        WriteContents(copy, copy.Directory);
        return copy;
    }

    private void RemoveLeftovers()
    {
        while (_leftovers.Count > 0)
        {
            string directory = _leftovers[^1];
            Debris.Remove(directory + StoredFile.UnfinishedSuffix);
            if (_files.DirectoryExists(directory))
            {
                Hide(directory);
            }

            if (_files.DirectoryExists(directory + OwnNames.DeletedSuffix))
            {
                // It may have been renamed before without that being on the disk: a loss of power would bring the topic
                // back without the files that are removed now.
                _files.SyncDirectory(_root);
                Debris.Remove(directory + OwnNames.DeletedSuffix);
            }

            _leftovers.RemoveAt(_leftovers.Count - 1);
        }
    }

    private string Hide(string directory)
    {
        string deleted = directory + OwnNames.DeletedSuffix;
        _files.Rename(directory, deleted);
        _files.SyncDirectory(_root);
        return deleted;
    }

    /// <summary>
    /// A free name: the topic's, cut where it is long, and a number, which also keeps names apart that differ only by
    /// case where the file system does not.
    /// </summary>
    private string NewDirectoryName(string topic)
    {
        HashSet<int> taken = [];
        foreach (string name in _files.ListDirectories(_root).Concat(_files.ListFiles(_root)))
        {
            // The number stands behind the last dash, also where a suffix says that the directory is to go.
            string number = name[(name.LastIndexOf('-') + 1)..].Split('.')[0];
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                taken.Add(id);
            }
        }

        int free = 1;
        while (taken.Contains(free))
        {
            free++;
        }

        string shown = topic.Length > MaxNameInPath ? topic[..MaxNameInPath] : topic;
        return $"{shown}-{free.ToString(CultureInfo.InvariantCulture)}";
    }

    private void Write(string directory, TopicDescriptor descriptor) =>
        StoredFile.Create(
            _files,
            Path.Combine(directory, OwnNames.Description),
            descriptor.ToJson());

    /// <summary>
    /// The directories that are topics', complete or not. One whose name could be a topic's, but which holds only what
    /// no topic has, is somebody else's; an empty one is not passed over, for a topic's volume may not be mounted.
    /// </summary>
    private IEnumerable<string> ListOwn() => _files.ListDirectories(_root).Where(IsOwn);

    /// <summary>Whether a directory is that of a topic that was not finished, or that is deleted.</summary>
    private static bool IsToGo(string name) => name.EndsWith(OwnNames.DeletedSuffix, StringComparison.Ordinal)
        || name.EndsWith(StoredFile.UnfinishedSuffix, StringComparison.Ordinal);

    private bool IsOwn(string name)
    {
        if (!OwnNames.MayBeTopic(name))
        {
            return false;
        }

        string directory = Path.Combine(_root, name);
        if (_files.FileExists(Path.Combine(directory, OwnNames.Description)) || !_files.DirectoryExists(directory))
        {
            return true;
        }

        string[] names = [.. _files.ListFiles(directory), .. _files.ListDirectories(directory)];
        return names.All(OwnNames.IsCommonplace) || names.Any(OwnNames.IsInTopic);
    }

    private void NoteForeign()
    {
        _foreign?.Note(_root, _files.ListFiles(_root), _ => false);
        _foreign?.Note(_root, _files.ListDirectories(_root), IsOwn);
    }

    /// <summary>
    /// Refuses links to directories where the log has its own: what is written and removed there stays in the log's
    /// directory. To pass such a topic over in silence would lose it.
    /// </summary>
    private void RefuseLinks(string directory, Func<string, bool> isOwn)
    {
        foreach (string name in _files.ListFiles(directory).Where(isOwn))
        {
            string path = Path.Combine(directory, name);
            if (_files.DirectoryExists(path))
            {
                throw StoredFile.Damaged(path, 0, "a directory", "a link to one, which is not followed");
            }
        }
    }

    /// <summary>The topic that a directory holds.</summary>
    /// <exception cref="CorruptLogException">Its description is missing or makes no sense.</exception>
    public StoredTopic Load(string directory)
    {
        RefuseLinks(directory, OwnNames.IsInTopic);
        StoredTopic topic = Read(directory);
        RequirePartitions(topic);
        return topic;
    }

    private StoredTopic Read(string directory)
    {
        string path = Path.Combine(directory, OwnNames.Description);
        if (!_files.FileExists(path))
        {
            throw StoredFile.Damaged(path, 0, "the description of a topic", "no file");
        }

        using LogFile file = _files.OpenFile(path, FileOpening.Read);
        if (file.Length > MaxDescriptorBytes)
        {
            throw StoredFile.Damaged(path, MaxDescriptorBytes, $"at most {MaxDescriptorBytes} bytes", $"{file.Length}");
        }

        byte[] json = new byte[file.Length];
        int read = file.Read(json, 0);
        try
        {
            return Parse(directory, path, json.AsSpan(0, read));
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException or OverflowException)
        {
            throw StoredFile.Damaged(path, 0, "a valid description of a topic", fault.Message);
        }
    }

    /// <summary>
    /// Checks that the partitions' directories are there, which a topic has from the moment it appears: a forged number
    /// of partitions costs nothing beyond this.
    /// </summary>
    /// <exception cref="CorruptLogException">One is missing, or there is one more.</exception>
    private void RequirePartitions(StoredTopic topic)
    {
        HashSet<string> names = [.. _files.ListDirectories(topic.Directory)];
        for (int i = 0; i < topic.Options.Partitions; i++)
        {
            string partition = PartitionDirectory(topic.Directory, i);
            if (!names.Contains(Path.GetFileName(partition)))
            {
                throw StoredFile.Damaged(partition, 0, "the directory of a partition", "none");
            }
        }

        // The number never changes, so that one that is too small would hide the records of the others.
        foreach (string name in names)
        {
            if (OwnNames.IsPartition(name, out int partition) && partition >= topic.Options.Partitions)
            {
                throw StoredFile.Damaged(
                    Path.Combine(topic.Directory, OwnNames.Description),
                    0,
                    $"more than {partition} partitions of topic '{topic.Name}', for '{name}' is there",
                    $"{topic.Options.Partitions}");
            }
        }
    }

    private static StoredTopic Parse(string directory, string path, ReadOnlySpan<byte> json)
    {
        TopicDescriptor descriptor = TopicDescriptor.FromJson(json);
        if (descriptor.FormatVersion > TopicDescriptor.CurrentVersion)
        {
            throw StoredFile.TooNew(
                path, 0, $"format version {TopicDescriptor.CurrentVersion}", $"version {descriptor.FormatVersion}");
        }

        if (!ulong.TryParse(descriptor.Uid, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong uid)
            || uid == 0 || string.IsNullOrEmpty(descriptor.Name) || NameRules.Fault(descriptor.Name) is not null)
        {
            throw new JsonException($"'{descriptor.Name}' with uid '{descriptor.Uid}' is no topic.");
        }

        return new StoredTopic(directory, descriptor.Name, uid, descriptor.ToOptions().ValidatedCopy());
    }
}
