namespace EmbeddedLog.Handling;

/// <summary>The exceptions of the handling of records, each with what to do.</summary>
internal static class HandlingErrors
{
    /// <summary>The user's policy has chosen a number that stands for nothing.</summary>
    public static InvalidOperationException UnknownAction(TopicPartitionOffset record, FailureAction action) =>
        new($"The failure handler chose {action:D} for record {record}, which is no {nameof(FailureAction)}. Return "
            + "one of its names.");
}
