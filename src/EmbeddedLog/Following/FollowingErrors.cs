namespace EmbeddedLog.Following;

/// <summary>The exceptions that only who follows a log can see, each with what to do.</summary>
internal static class FollowingErrors
{
    /// <summary>A topic that its owner has deleted while somebody followed it.</summary>
    public static UnknownTopicException TopicDeleted(TopicPartition partition, Exception? cause = null) =>
        new(
            $"Topic '{partition.Topic}' was deleted by the owner of the log. Where there is one of that name again, "
            + "get it from the log.",
            cause)
        {
            Topic = partition.Topic,
        };
}
