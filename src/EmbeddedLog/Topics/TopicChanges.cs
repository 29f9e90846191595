using EmbeddedLog.Files;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.IO;
using EmbeddedLog.Partitions;

namespace EmbeddedLog.Topics;

/// <summary>
/// Makes, changes and deletes topics, on the disk and in memory together. The caller serialises all calls.
/// </summary>
internal sealed class TopicChanges
{
    private readonly TopicStore _store;
    private readonly TopicSet _topics;
    private readonly ControlFile _control;
    private readonly DirectoryWatch? _watch;
    private readonly Action<ulong> _forget;

    /// <param name="store">The topics on the disk.</param>
    /// <param name="topics">The topics in memory.</param>
    /// <param name="control">Tells followers.</param>
    /// <param name="watch">Watches the log's directory.</param>
    /// <param name="forget">Called with the uid of a topic that is deleted.</param>
    public TopicChanges(
        TopicStore store, TopicSet topics, ControlFile control, DirectoryWatch? watch, Action<ulong> forget)
    {
        _control = control;
        _watch = watch;
        _store = store;
        _topics = topics;
        _forget = forget;
    }

    /// <summary>Makes a topic, or changes the one that there is.</summary>
    /// <param name="name">A valid name.</param>
    /// <param name="options">What it is to have.</param>
    /// <param name="mayChange">Whether one that there is gets the options too.</param>
    public async ValueTask<Topic> EnsureAsync(string name, TopicOptions options, bool mayChange)
    {
        if (!_topics.TryGet(name, out Topic? topic))
        {
            return await CreateAsync(name, options).ConfigureAwait(false);
        }

        if (mayChange)
        {
            Change(topic, options);
        }

        return topic;
    }

    /// <summary>Makes a topic. When it throws, nothing was made.</summary>
    /// <exception cref="TopicConflictException">There is a topic of that name.</exception>
    public async ValueTask<Topic> CreateAsync(string name, TopicOptions options)
    {
        if (_topics.TryGet(name, out _))
        {
            throw TopicErrors.Exists(name);
        }

        _topics.CheckWriteMode(name, options);
        ThrowIfGone();
        StoredTopic? made = null;
        try
        {
            made = _store.Create(name, options);
            Topic topic = await _topics.AddNewAsync(made).ConfigureAwait(false);
            _control.NoteTopics();
            return topic;
        }
        catch (Exception failure)
        {
            if (made is not null)
            {
                _store.Discard(made);
            }

            if (failure is FileSystemException cause)
            {
                throw FileErrors.Translate(cause, isOpen: true);
            }

            throw;
        }
    }

    /// <summary>Changes a topic's options; writes nothing where they are the ones that it has.</summary>
    public void Change(Topic topic, TopicOptions wanted)
    {
        StoredTopic stored = topic.Stored;
        TopicErrors.ThrowIfConflicting(topic.Name, stored.Options, wanted);
        if (TopicDescriptor.SaysTheSame(stored.Options, wanted))
        {
            // Every start of a service ensures its topics, also on a full disk.
            return;
        }

        ThrowIfGone();
        try
        {
            _topics.Apply(topic, _store.Update(stored, wanted));
            _control.NoteTopics();
        }
        catch (FileSystemException failure)
        {
            throw FileErrors.Translate(failure, isOpen: true);
        }
    }

    /// <summary>Adds partitions to a topic. When it throws, the topic is as before.</summary>
    /// <param name="name">The topic's name.</param>
    /// <param name="total">How many it is to have.</param>
    /// <returns>How many it had.</returns>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    /// <exception cref="TopicConflictException">It has as many, or more.</exception>
    public async ValueTask<int> AddPartitionsAsync(string name, int total)
    {
        if (!_topics.TryGet(name, out Topic? topic))
        {
            throw TopicErrors.Unknown(name, _topics.All);
        }

        StoredTopic stored = topic.Stored;
        TopicErrors.ThrowIfNotMore(name, stored.Options.Partitions, total);
        ThrowIfGone();
        PartitionLog[] added = [];
        try
        {
            _store.BeginAdding(stored, total);
            added = await _topics.OpenAddedAsync(stored, total).ConfigureAwait(false);
            TopicOptions options = stored.Options.Copy();
            options.Partitions = total;
            _topics.Grow(topic, _store.Update(stored, options), added);
        }
        catch (Exception failure)
        {
            TopicSet.AbandonNew(added);
            _store.DiscardAdded(stored);

            // A follower may have looked while the description counted them.
            _control.NoteTopics();
            if (failure is FileSystemException cause)
            {
                throw FileErrors.Translate(cause, isOpen: true);
            }

            throw;
        }

        _store.EndAdding(topic.Stored);
        _control.NoteTopics();
        return stored.Options.Partitions;
    }

    /// <summary>Deletes a topic with its records and what groups have committed for it.</summary>
    /// <exception cref="UnknownTopicException">There is none of that name.</exception>
    public async ValueTask DeleteAsync(string name)
    {
        if (!_topics.TryGet(name, out Topic? topic))
        {
            throw TopicErrors.Unknown(name, _topics.All);
        }

        await _topics.RemoveAsync(topic).ConfigureAwait(false);
        _forget(topic.Stored.Uid);
        try
        {
            string hidden = _store.Hide(topic.Stored);
            _control.NoteTopics();
            _store.Debris.Remove(hidden);
        }
        catch (FileSystemException failure)
        {
            _store.Discard(topic.Stored);
            throw FileErrors.Translate(failure, isOpen: true);
        }
    }

    /// <summary>What is made in a directory that is gone, nobody will find.</summary>
    private void ThrowIfGone()
    {
        if (_watch?.Look() is { } gone)
        {
            throw new LogDirectoryException(gone.Message, gone) { File = gone.File };
        }
    }
}
