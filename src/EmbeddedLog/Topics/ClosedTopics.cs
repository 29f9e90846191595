using EmbeddedLog.Files;
using EmbeddedLog.Format;
using EmbeddedLog.IO;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>The topics in the list of a clean close.</summary>
internal static class ClosedTopics
{
    /// <summary>The place of a topic.</summary>
    public static ClosedTopic Describe(StoredTopic topic) =>
        new(topic.Uid, $"{TopicStore.DirectoryName}/{Path.GetFileName(topic.Directory)}");

    /// <summary>
    /// Compares the topics with the list of the last clean close: after a clean close all must be there, and in any
    /// case with all their partitions.
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
            // Once the log was opened again, a missing topic may have been deleted since.
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
