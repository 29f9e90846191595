using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture.Load.Producers;

/// <summary>The producers of a life, by their numbers.</summary>
internal static class LoadProducers
{
    /// <summary>The number of the first of two producers that send records of every size.</summary>
    private const int AnySize = 6;

    /// <summary>The number of the first producer that blocks a thread with each send.</summary>
    private const int FirstBlocking = 9;

    /// <summary>By number: the place of the producer's topic.</summary>
    private static readonly int[] s_topics =
        [0, 0, 1, 1, 2, 2, LoadTopic.Uploads, LoadTopic.Uploads, 0, 0, 0, 1, 1, 2, 2];

    /// <summary>The number of producers of a life without troubles; with troubles more follow.</summary>
    public static int Count => AnySize;

    /// <summary>The highest number of producers.</summary>
    public static int MaxCount => s_topics.Length;

    /// <summary>The place of a producer's topic; null if there is no such producer.</summary>
    public static int? TopicOf(LoadIdentity identity)
    {
        int index = IndexOf(identity.Producer);
        return index < s_topics.Length ? s_topics[index] : null;
    }

    /// <summary>A producer's number in its life.</summary>
    public static int IndexOf(int producer) => producer % LoadIdentity.ProducersPerLife;

    /// <summary>Creates them: raw and typed, single and in batches, both levels, with and without keys.</summary>
    public static LoadProducer[] Create(LoadWork work) =>
    [
        new RawProducer(work, 0, s_topics[0], partition: 0, batches: false),
        new TypedProducer(work, 1, s_topics[1]),
        new RawProducer(work, 2, s_topics[2], partition: 0, batches: true),
        new TypedBatchProducer(work, 3, s_topics[3]),
        new FireAndForgetProducer(work, 4, s_topics[4]),
        new RawProducer(work, 5, s_topics[5], partition: 1, batches: false),
    ];

    /// <summary>Creates the additional producers of a life with troubles.</summary>
    public static IEnumerable<LoadProducer> Create(LoadWork work, LoadOrder order, Mood mood)
    {
        if (order.Troubles.HasFlag(UserTroubles.Sizes))
        {
            yield return new TypedProducer(work, AnySize, s_topics[AnySize]);
            yield return new RawProducer(work, AnySize + 1, s_topics[AnySize + 1], partition: 0, batches: false);
        }

        if (order.Troubles.HasFlag(UserTroubles.Serializers))
        {
            yield return new MoodyProducer(work, 8, s_topics[8], mood);
        }

        if (order.Troubles.HasFlag(UserTroubles.Pool))
        {
            for (int index = FirstBlocking; index < s_topics.Length; index++)
            {
                yield return new BlockingProducer(work, index, s_topics[index], order.HoldsPool);
            }
        }
    }

    /// <summary>Whether the sizes of a producer's records go up to the limit.</summary>
    public static bool IsAnySize(int producer) => IndexOf(producer) is AnySize or AnySize + 1;
}
