namespace EmbeddedLog.Handling;

/// <summary>The exceptions of the handling of records, each with what to do.</summary>
internal static class HandlingErrors
{
    /// <summary>The user's policy has chosen a number that stands for nothing.</summary>
    public static InvalidOperationException UnknownAction(TopicPartitionOffset record, FailureAction action) =>
        new($"The failure handler chose {action:D} for record {record}, which is no {nameof(FailureAction)}. Return "
            + "one of its names.");

    /// <summary>The user's policy wants a dead letter, and no topic is named.</summary>
    public static InvalidOperationException NoDeadLetterTopic(TopicPartitionOffset record) =>
        new($"The failure handler chose {nameof(FailureAction.DeadLetter)} for record {record}, and there is no topic "
            + $"for it. Set {nameof(ForEachOptions)}.{nameof(ForEachOptions.DeadLetterTopic)}.");
}
