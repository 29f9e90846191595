using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Consuming.Subscribing;

/// <summary>What can be subscribed to, and what is said of what cannot.</summary>
public sealed class SubscriptionTests : IDisposable
{
    private readonly SimulatedPlatform _machine = new(seed: 1);

    [Fact]
    public void Topics_ThatAreFaulty_TellsAllFaults()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            "names", () => Subscription.Topics("orders", "a b", "orders", "__offsets", null!, ""));

        Assert.Equal(
            """
            The subscription has 5 faults:
            - 'a b' cannot name a topic: character ' ' at index 1 is not allowed. Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'.
            - '__offsets' cannot name a topic: names that begin with '__' are reserved for the log itself. Choose another beginning.
            - A topic's name is null: give all names.
            - '' cannot name a topic: it is empty. Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'.
            - Topic 'orders' is named more than once: name it once. (Parameter 'names')
            """,
            refused.Message.ReplaceLineEndings("\n"));
        Assert.Contains(
            "names no topic: name at least one",
            Assert.Throws<ArgumentException>(() => Subscription.Topics()).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => Subscription.Topics((string[])null!));
        Assert.Throws<ArgumentException>(() => (Subscription)(string)null!);
        Assert.Throws<ArgumentException>(() => (Subscription)"a/b");
    }

    [Fact]
    public void Partitions_ThatAreFaulty_TellsAllFaults()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(
            "byHand",
            () => Subscription.Partitions(
                new TopicPartition("orders", 1),
                new TopicPartition("orders", -1),
                default,
                new TopicPartition("orders", 1)));

        Assert.Equal(
            """
            The subscription has 3 faults:
            - A topic's name is null: give all names.
            - Partition -1 of topic 'orders' cannot be: the first has number 0.
            - Partition orders-1 is named more than once: name it once. (Parameter 'byHand')
            """,
            refused.Message.ReplaceLineEndings("\n"));
        Assert.Throws<ArgumentException>(() => Subscription.Partitions());
        Assert.Throws<ArgumentNullException>(() => Subscription.Partitions(null!));
    }

    [Fact]
    public void Topics_ChangedAfterwards_StayAsTheyWere()
    {
        string[] names = ["a", "b"];
        Subscription subscription = Subscription.Topics(names);
        names[0] = "c";

        Assert.Equal("a, b", subscription.ToString());
        Assert.Equal("a-0, b-1", Subscription.Partitions(new("a", 0), new("b", 1)).ToString());
    }

    [Fact]
    public void CreateConsumer_TopicsAreMissing_NamesAllAndWhatWasMeant() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("orders");
        await log.CreateTopicAsync("page-views");

        UnknownTopicException refused = Assert.Throws<UnknownTopicException>(
            () => log.CreateConsumer<string, string>(Subscription.Topics("ordres", "orders", "xyz", "page-view"), "g"));

        Assert.Equal(
            "There are no topics 'ordres', 'xyz' and 'page-view'; the log has 'orders', 'page-views'. Did you mean "
            + "'orders' and 'page-views'? Make it with EnsureTopicAsync.",
            refused.Message);
        Assert.Equal("ordres", refused.Topic);

        // Nothing was taken.
        await log.CreateConsumer<string, string>("orders", "g").DisposeAsync();
    });

    [Fact]
    public void CreateConsumer_PartitionsAreMissing_NamesAllAndWhatThereIs() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("a", new TopicOptions { Partitions = 4 });
        await log.CreateTopicAsync("b");

        ArgumentOutOfRangeException refused = Assert.Throws<ArgumentOutOfRangeException>(
            "topics",
            () => log.CreateConsumer<string, string>(
                Subscription.Partitions(new("a", 3), new("a", 4), new("b", 1), new("a", 9)), "g"));

        Assert.StartsWith(
            "The subscription names partitions 4 and 9 of topic 'a' and partition 1 of topic 'b', but topic 'a' has "
            + "partitions 0 to 3 and topic 'b' has partition 0. Name others.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Throws<UnknownTopicException>(
            () => log.CreateConsumer<string, string>(Subscription.Partitions(new("a", 9), new("c", 0))));
        Assert.Throws<ArgumentNullException>(() => log.CreateConsumer<string, string>((Subscription)null!));
    });

    [Fact]
    public void CreateConsumer_GroupHasChosenPartOfItByHand_NamesThatAndItsConsumer() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("a", new TopicOptions { Partitions = 4 });
        await log.CreateTopicAsync("b");
        await using Consumer<string, string> half =
            log.CreateConsumer<string, string>(
                Subscription.Partitions(new("a", 0), new("a", 1)), "g", new() { ClientName = "half" });
        await using Consumer<string, string> rest =
            log.CreateConsumer<string, string>(Subscription.Partitions(new("a", 3), new("b", 0)), "g");
        Assert.Contains(
            "Group 'g' has consumers that chose by hand: partition 1 of topic 'a' by 'half' (member 1). ",
            Assert.Throws<InvalidOperationException>(() => log.CreateConsumer<string, string>(
                Subscription.Partitions(new("a", 2), new("a", 1)), "g")).Message,
            StringComparison.Ordinal);
        await log.CreateConsumer<string, string>(Subscription.Topics("a", "b"), "other").DisposeAsync();
        await log.CreateConsumer<string, string>(Subscription.Topics("a", "b")).DisposeAsync();
    });

    [Fact]
    public void CreateConsumer_AnyWay_AssignsInTheOrderOfTheSubscription() => _machine.Run(async () =>
    {
        await using CommitLog log = await OpenLog.OnAsync(_machine);
        await log.CreateTopicAsync("a", new TopicOptions { Partitions = 2 });
        await log.CreateTopicAsync("b", new TopicOptions { Partitions = 2 });
        await using Consumer<string, string> topics =
            log.CreateConsumer<string, string>(Subscription.Topics("b", "a"), "g");
        await using Consumer<string, string> byHand =
            log.CreateConsumer<string, string>(Subscription.Partitions(new("b", 1), new("a", 0), new("b", 0)));

        Assert.Equal(["b-0", "b-1", "a-0", "a-1"], topics.Assignment.Select(each => each.ToString()));
        Assert.Equal(["b-1", "a-0", "b-0"], byHand.Assignment.Select(each => each.ToString()));
        Assert.Equal("b, a (g)", topics.ToString());
        Assert.Equal("b, a", byHand.ToString());
    });

    public void Dispose() => _machine.Dispose();
}
