namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>Short ways to read.</summary>
internal static class Reading
{
    /// <summary>
    /// Reads so many records, and leaves the loop with the last one in hand, which is not finished by that.
    /// </summary>
    public static async Task<List<Record<TKey, TValue>>> TakeAsync<TKey, TValue>(
        this Consumer<TKey, TValue> consumer, int count, CancellationToken cancellationToken = default)
    {
        List<Record<TKey, TValue>> taken = [];
        if (count == 0)
        {
            return taken;
        }

        await foreach (Record<TKey, TValue> record in consumer.ReadAllAsync(cancellationToken))
        {
            taken.Add(record);
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }

    /// <summary>Reads so many records, and finishes all of them.</summary>
    public static async Task<List<Record<TKey, TValue>>> TakeFinishedAsync<TKey, TValue>(
        this Consumer<TKey, TValue> consumer, int count)
    {
        List<Record<TKey, TValue>> taken = await consumer.TakeAsync(count);
        consumer.Finish(taken[^1]);
        return taken;
    }

    /// <summary>Reads up to the end as of now, and finishes all of it.</summary>
    public static async Task<List<Record<TKey, TValue>>> TakeToEndAsync<TKey, TValue>(
        this Consumer<TKey, TValue> consumer)
    {
        List<Record<TKey, TValue>> taken = [];
        await foreach (Record<TKey, TValue> record in consumer.ReadToEndAsync())
        {
            taken.Add(record);
        }

        return taken;
    }

    /// <summary>The first offset of a partition that is not finished: on this log it is known at once.</summary>
    public static long Position<TKey, TValue>(this Consumer<TKey, TValue> consumer, TopicPartition partition)
    {
        NextOffset next = consumer.GetPositionAsync(partition).AsTask().Ended();
        Assert.Equal(partition, next.Partition);
        return next.Offset;
    }

    /// <summary>The offset that the group has committed in a partition: on this log it is known at once.</summary>
    public static long? Committed<TKey, TValue>(this Consumer<TKey, TValue> consumer, TopicPartition partition)
    {
        CommittedOffset? committed = consumer.GetCommittedAsync(partition).AsTask().Ended();
        Assert.Equal(partition, committed?.Next.Partition ?? partition);
        return committed?.Next.Offset;
    }

    /// <summary>Goes on elsewhere: on this log that is done at once.</summary>
    public static void SeekTo<TKey, TValue>(
        this Consumer<TKey, TValue> consumer, SeekTarget to, TopicPartition? only = null) =>
        consumer.SeekAsync(to, only).AsTask().Ended();

    /// <summary>The result of a task that is complete, or what it failed with.</summary>
    public static T Ended<T>(this Task<T> task)
    {
        Assert.True(task.IsCompleted, "The task has not ended.");
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Throws what a task that is complete has failed with.</summary>
    public static void Ended(this Task task)
    {
        Assert.True(task.IsCompleted, "The task has not ended.");
        task.GetAwaiter().GetResult();
    }

    /// <summary>The values of records.</summary>
    public static TValue[] Values<TKey, TValue>(this IEnumerable<Record<TKey, TValue>> records) =>
        [.. records.Select(record => record.Value)];

    /// <summary>Records as <c>partition:offset</c>.</summary>
    public static string[] Places<TKey, TValue>(this IEnumerable<Record<TKey, TValue>> records) =>
        [.. records.Select(record => $"{record.Partition}:{record.Offset}")];

    /// <summary>The numbers of a range as the values that <see cref="TopicFixture.Append"/> gives them.</summary>
    public static string[] Numbers(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => $"{i}")];
}
