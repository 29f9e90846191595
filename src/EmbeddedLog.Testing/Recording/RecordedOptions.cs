using EmbeddedLog.Testing.Machines;

namespace EmbeddedLog.Testing.Recording;

/// <summary>The options of a consumer whose assignments are noted.</summary>
internal static class RecordedOptions
{
    /// <summary>A copy with callbacks that note, and that call the user's with what the user has.</summary>
    public static ConsumerOptions Of(
        ConsumerOptions? options,
        History history,
        string? group,
        string member,
        Func<IConsumer> consumer,
        TestMachine machine,
        int life)
    {
        ConsumerOptions copy = (options ?? new ConsumerOptions()).ValidatedCopy(group);
        copy.OnAssigned = Wrap(HistoryEntryKind.Assigned, copy.OnAssigned, null);
        copy.OnRevoked = Wrap(HistoryEntryKind.Revoked, copy.OnRevoked, null);
        copy.OnLost = Wrap(HistoryEntryKind.Revoked, copy.OnLost, "lost");
        return copy;

        Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask> Wrap(
            HistoryEntryKind kind,
            Func<IConsumer, IReadOnlyList<TopicPartition>, CancellationToken, ValueTask>? callback,
            string? detail) =>
            (_, partitions, cancellationToken) =>
            {
                foreach (TopicPartition partition in partitions)
                {
                    history.Note(kind, partition, group: group, member: member, detail: detail);
                }

                return callback is null ? default : machine.AfterUserCode(
                    machine.InUserCode(life, () => callback(consumer(), partitions, cancellationToken)));
            };
    }
}
