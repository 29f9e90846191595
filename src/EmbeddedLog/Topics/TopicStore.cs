using System.Globalization;
using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;

namespace EmbeddedLog.Topics;

/// <summary>
/// Creates, changes and removes the directories of topics. A topic appears and disappears by renaming its directory, so
/// a crash leaves all of it or nothing.
/// </summary>
internal sealed class TopicStore
{
    /// <summary>The name of the directory with all topics.</summary>
    public const string DirectoryName = OwnNames.Topics;

    /// <summary>Names may be as long as directory names; the id after them needs some room.</summary>
    private const int MaxNameInPath = 200;

    private readonly FileSystem _files;
    private readonly string _root;

    /// <summary>
    /// The directories of failed or deleted topics that could not be removed. Under the log's topic lock.
    /// </summary>
    private readonly List<string> _leftovers = [];

    /// <summary>
    /// By directory, the topics that may have remains of partitions that could not be added. Under the log's topic
    /// lock.
    /// </summary>
    private readonly Dictionary<string, StoredTopic> _halfAdded = new(StringComparer.Ordinal);

    public TopicStore(FileSystem files, string logDirectory, ForeignNames? foreign = null)
    {
        _files = files;
        Reader = new TopicReader(files, logDirectory, foreign);
        Debris = new TopicDebris(files);
        _root = Path.Combine(logDirectory, DirectoryName);
    }

    /// <summary>Reads what is there.</summary>
    public TopicReader Reader { get; }

    /// <summary>Removes the directories that no longer belong to topics, at once or later.</summary>
    public TopicDebris Debris { get; }

    /// <summary>Creates the directory of all topics if it is missing, and removes the remains of crashes.</summary>
    /// <param name="isOnDisk">
    /// Whether everything found is known to be on the disk, because the last owner closed the log cleanly. If not, the
    /// names of topics and what describes them are synced: a killed process may have left them only in the page cache,
    /// and records of a topic that a power loss removes are not flushed.
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
            // Also before anything is removed: a topic whose deletion is undone must be complete.
            _files.SyncDirectory(_root);
        }

        Reader.RefuseLinks(Path.GetDirectoryName(_root)!, OwnNames.IsInLog);
        foreach (string name in Reader.ListOwn())
        {
            if (TopicReader.IsToGo(name))
            {
                Debris.Remove(Path.Combine(_root, name));
            }
            else if (!isOnDisk)
            {
                _files.SyncDirectory(Path.Combine(_root, name));
            }
        }
    }

    /// <summary>
    /// Creates a topic with the directories of its partitions; durable on return. If it throws, nothing was created.
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
    /// Removes a topic that could not be opened after its creation, or could not be deleted at first. A remaining
    /// directory is removed before the next creation of a topic: it would be a second topic of the same name.
    /// </summary>
    public void Discard(StoredTopic topic)
    {
        _leftovers.Add(topic.Directory);
        TryRemoveLeftovers();
    }

    /// <summary>
    /// Removes the topics and partitions to be removed; false if one stays, which the next opening finds as after a
    /// crash. The caller reports why it had to be removed, which is more useful.
    /// </summary>
    public bool TryRemoveLeftovers()
    {
        try
        {
            RemoveLeftovers();
            foreach (StoredTopic topic in _halfAdded.Values.ToArray())
            {
                TakeBack(topic);
            }

            Debris.Retry();
            return true;
        }
        catch (Exception failure) when (failure is FileSystemException or CorruptLogException)
        {
            return false;
        }
    }

    /// <summary>Changes a topic's options; durable on return.</summary>
    public StoredTopic Update(StoredTopic topic, TopicOptions options)
    {
        StoredTopic changed = topic with { Options = options };
        Write(changed);
        return changed;
    }

    /// <summary>
    /// Makes the directories of more partitions; durable on return. A crash leaves them as remains, until the topic's
    /// description counts them, by <see cref="Update"/>. Then call <see cref="EndAdding"/>, and
    /// <see cref="DiscardAdded"/> if anything fails before.
    /// </summary>
    public void BeginAdding(StoredTopic topic, int total)
    {
        if (_halfAdded.ContainsKey(topic.Directory) || PartitionDirectories.IsMarked(_files, topic.Directory))
        {
            TakeBack(topic);
        }

        PartitionDirectories.Mark(_files, topic.Directory);
        PartitionDirectories.Make(_files, topic.Directory, topic.Options.Partitions, total);
    }

    /// <summary>Ends an addition that the topic's description counts. The mark may stay for another call.</summary>
    public void EndAdding(StoredTopic topic)
    {
        try
        {
            PartitionDirectories.Unmark(_files, topic.Directory);
            _halfAdded.Remove(topic.Directory);
        }
        catch (FileSystemException)
        {
            _halfAdded[topic.Directory] = topic;
        }
    }

    /// <summary>Removes partitions that could not be added, now or later; the topic is as given.</summary>
    public void DiscardAdded(StoredTopic topic)
    {
        _halfAdded[topic.Directory] = topic;
        TryRemoveLeftovers();
    }

    /// <summary>Removes the partitions that a process was adding when it died.</summary>
    /// <exception cref="FileSystemException">The file system failed.</exception>
    public void RemoveHalfAdded(IEnumerable<StoredTopic> topics)
    {
        foreach (StoredTopic topic in topics)
        {
            if (!PartitionDirectories.IsMarked(_files, topic.Directory))
            {
                continue;
            }

            try
            {
                TakeBack(topic);
            }
            catch (FileSystemException failure) when (failure.Error == FileSystemError.InUse)
            {
                _halfAdded[topic.Directory] = topic;
            }
        }
    }

    /// <summary>Hides a topic durably; <see cref="Debris"/> removes its files.</summary>
    /// <returns>The directory to remove.</returns>
    public string Hide(StoredTopic topic)
    {
        _halfAdded.Remove(topic.Directory);
        return Hide(topic.Directory);
    }

    /// <summary>The directory of one partition.</summary>
    public static string PartitionDirectory(string topicDirectory, int partition) =>
        PartitionDirectories.PathOf(topicDirectory, partition);

    private void WriteContents(StoredTopic topic, string directory)
    {
        _files.CreateDirectory(directory);
        for (int partition = 0; partition < topic.Options.Partitions; partition++)
        {
            _files.CreateDirectory(PartitionDirectory(directory, partition));
        }

        Write(topic with { Directory = directory });
        _files.SyncDirectory(directory);
    }

    private void Make(StoredTopic topic, string unfinished)
    {
        WriteContents(topic, unfinished);
        _files.Rename(unfinished, topic.Directory);
        _files.SyncDirectory(_root);
    }

    /// <summary>
    /// Creates the directories of a copied topic, with its name, uid and options, in a directory that is not a log yet:
    /// a crash cannot leave a part of it in a log.
    /// </summary>
    public StoredTopic MakeCopy(StoredTopic topic)
    {
        StoredTopic copy = topic with { Directory = Path.Combine(_root, Path.GetFileName(topic.Directory)) };
        WriteContents(copy, copy.Directory);
        return copy;
    }

    /// <summary>
    /// Makes a topic's directory say what the topic is, without more partitions. In this order: a crash finds each
    /// partition that the description counts, and the mark as long as there are others.
    /// </summary>
    private void TakeBack(StoredTopic topic)
    {
        int[] others =
            [.. PartitionDirectories.Beyond(_files.ListDirectories(topic.Directory), topic.Options.Partitions)];
        foreach (int partition in others)
        {
            string directory = PartitionDirectory(topic.Directory, partition);
            if (!PartitionDirectories.IsUnused(_files, directory))
            {
                throw StoredFile.Damaged(
                    directory, 0, $"no records, for topic '{topic.Name}' never had this partition", "other files");
            }
        }

        if (Reader.ReadPartitions(topic) != topic.Options.Partitions)
        {
            Write(topic);
        }
        else
        {
            // The description may have been replaced without a sync.
            _files.SyncDirectory(topic.Directory);
        }

        foreach (int partition in others)
        {
            string directory = PartitionDirectory(topic.Directory, partition);
            if (!Debris.TryRemove(directory))
            {
                throw new FileSystemException("removal", directory, FileSystemError.InUse, 0, "a file of it is in use");
            }
        }

        _files.SyncDirectory(topic.Directory);
        PartitionDirectories.Unmark(_files, topic.Directory);
        _halfAdded.Remove(topic.Directory);
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
                // It may have been renamed before without a sync: a loss of power would bring the topic back without
                // the files removed now.
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
    /// A free name: the topic's name, cut if it is long, and a number. The number also separates names that differ only
    /// by case on file systems that ignore case.
    /// </summary>
    private string NewDirectoryName(string topic)
    {
        HashSet<int> taken = [];
        foreach (string name in _files.ListDirectories(_root).Concat(_files.ListFiles(_root)))
        {
            // The number is after the last dash, also with the suffix of a directory to be removed.
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

    private void Write(StoredTopic topic)
    {
        string uid = topic.Uid.ToString("x16", CultureInfo.InvariantCulture);
        StoredFile.Create(
            _files,
            Path.Combine(topic.Directory, OwnNames.Description),
            TopicDescriptor.From(topic.Name, uid, topic.Options).ToJson());
    }
}
