using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>The topics in the list that a clean close leaves.</summary>
internal static class ClosedTopics
{
    /// <summary>Where a topic is.</summary>
    public static ClosedTopic Describe(StoredTopic topic) =>
        new(topic.Uid, $"{TopicStore.DirectoryName}/{Path.GetFileName(topic.Directory)}");

    /// <summary>
    /// Checks that the topics are those that the last clean close tells of: all of them after a clean close, and with
    /// all their partitions in any case.
    /// </summary>
    /// <exception cref="CorruptLogException">One is missing, or has fewer partitions.</exception>
    public static void Check(
        FileSystem files, string logDirectory, SessionState session, IReadOnlyList<StoredTopic> found)
    {
        if (session.Closed is not { } closed)
        {
            return;
        }

        string close = $"the clean close of {UnixTime.ToText(closed.ClosedAt)}";
        Dictionary<ulong, StoredTopic> topics = found.ToDictionary(topic => topic.Uid);
        foreach (ClosedTopic topic in closed.Topics)
        {
            // Whether one was deleted since is not known once the log was opened again.
            string directory = Path.Combine(logDirectory, topic.Directory);
            bool isUsers = topic.Directory.StartsWith(TopicStore.DirectoryName, StringComparison.Ordinal);
            bool isThere = isUsers ? topics.ContainsKey(topic.Uid) : files.DirectoryExists(directory);
            if (!isThere && (session.Clean || !isUsers))
            {
                throw TopicErrors.NotOfOneMoment(
                    directory,
                    $"a directory that was there at {close}, of topic {topic.Uid:x16}",
                    "none of that topic");
            }
        }

        foreach (ClosedPartition row in closed.Partitions)
        {
            if (topics.TryGetValue(row.TopicUid, out StoredTopic? topic) && row.Partition >= topic.Options.Partitions)
            {
                throw TopicErrors.NotOfOneMoment(
                    Path.Combine(topic.Directory, OwnNames.Description),
                    $"partition {row.Partition}, which was there at {close}",
                    $"{topic.Options.Partitions} partitions");
            }
        }
    }
}
