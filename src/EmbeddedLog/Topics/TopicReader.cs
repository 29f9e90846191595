using System.Globalization;
using System.Text.Json;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>Finds the topics in a log's directory, and changes nothing: for its owner and for followers.</summary>
internal sealed class TopicReader
{
    private const int MaxDescriptorBytes = 64 << 10;

    private readonly FileSystem _files;
    private readonly string _root;

    /// <summary>Receives foreign entries, or null.</summary>
    private readonly ForeignNames? _foreign;

    public TopicReader(FileSystem files, string logDirectory, ForeignNames? foreign = null)
    {
        _files = files;
        _foreign = foreign;
        _root = Path.Combine(logDirectory, TopicStore.DirectoryName);
    }

    /// <summary>All topics, by the name of their directories, as their owner finds them.</summary>
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

    /// <summary>All topics as a follower sees them: one just being created or deleted may be missing.</summary>
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
                // Another topic may be the wanted one.
            }
        }

        return topics;
    }

    /// <summary>
    /// Whether a topic is still there: if its directory is gone, or belongs to another topic, it was deleted. Reads
    /// that directory alone, because it is called for one partition after the other.
    /// </summary>
    /// <exception cref="CorruptLogException">Its description makes no sense.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public bool Exists(StoredTopic topic) =>
        _files.DirectoryExists(topic.Directory) && Read(topic.Directory).Uid == topic.Uid;

    /// <summary>
    /// The directories of topics, complete or not. One with a possible name but only foreign entries does not belong to
    /// the log; an empty one is not passed over, because a topic's volume may not be mounted.
    /// </summary>
    public IEnumerable<string> ListOwn() => _files.ListDirectories(_root).Where(IsOwn);

    /// <summary>Whether a directory belongs to an unfinished or deleted topic.</summary>
    public static bool IsToGo(string name) => name.EndsWith(OwnNames.DeletedSuffix, StringComparison.Ordinal)
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
    /// Refuses links in place of the log's directories: writes and deletions must stay in the log's directory. Ignoring
    /// such a topic would lose it.
    /// </summary>
    public void RefuseLinks(string directory, Func<string, bool> isOwn)
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

    /// <summary>Notes a topic; no other directory may hold it.</summary>
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

    /// <summary>The topic in a directory.</summary>
    /// <exception cref="CorruptLogException">Its description is missing or makes no sense.</exception>
    public StoredTopic Load(string directory)
    {
        RefuseLinks(directory, OwnNames.IsInTopic);
        CorruptLogException? before = null;
        while (true)
        {
            StoredTopic topic = Read(directory);
            if (FindFault(topic) is not { } fault)
            {
                return topic;
            }

            if (fault.Message == before?.Message)
            {
                throw fault;
            }

            // The owner may have added partitions since the description was read. Then a second look differs.
            before = fault;
        }
    }

    /// <summary>The number of partitions that a topic's description says now.</summary>
    /// <exception cref="CorruptLogException">The description is missing or makes no sense.</exception>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public int ReadPartitions(StoredTopic topic) => Read(topic.Directory).Options.Partitions;

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
            throw StoredFile.Damaged(
                path, MaxDescriptorBytes, $"at most {Units.Size(MaxDescriptorBytes)}", Units.Size(file.Length));
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
    /// What is wrong with the directories of the partitions: all must be there, as in every topic from its creation on,
    /// so that a forged number of partitions costs only this check. A number that is too small would hide the records
    /// of the others. Null if nothing is wrong.
    /// </summary>
    private CorruptLogException? FindFault(StoredTopic topic)
    {
        HashSet<string> names = [.. _files.ListDirectories(topic.Directory)];
        for (int i = 0; i < topic.Options.Partitions; i++)
        {
            string partition = PartitionDirectories.PathOf(topic.Directory, i);
            if (!names.Contains(Path.GetFileName(partition)))
            {
                return StoredFile.Damaged(partition, 0, "the directory of a partition", "none");
            }
        }

        foreach (int partition in PartitionDirectories.Beyond(names, topic.Options.Partitions))
        {
            if (!IsUnfinished(topic.Directory, partition))
            {
                return StoredFile.Damaged(
                    Path.Combine(topic.Directory, OwnNames.Description),
                    0,
                    $"more than {partition} partitions of topic '{topic.Name}', for '{partition}' is there",
                    $"{topic.Options.Partitions}");
            }
        }

        return null;
    }

    /// <summary>Whether a partition is being added, or was when its owner died.</summary>
    private bool IsUnfinished(string directory, int partition) =>
        PartitionDirectories.IsMarked(_files, directory)
            && PartitionDirectories.IsUnused(_files, PartitionDirectories.PathOf(directory, partition));

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
