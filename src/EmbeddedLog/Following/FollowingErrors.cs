namespace EmbeddedLog.Following;

/// <summary>The exceptions of followed logs, each with what to do.</summary>
internal static class FollowingErrors
{
    /// <summary>A topic that its owner has deleted while it was followed.</summary>
    public static UnknownTopicException TopicDeleted(TopicPartition partition, Exception? cause = null) =>
        new(
            $"Topic '{partition.Topic}' was deleted by the owner of the log. If there is a new one of that name, "
            + "get it from the log.",
            cause)
        {
            Topic = partition.Topic,
        };
}
