using System.Text.RegularExpressions;
using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// What a consumer reads: one topic, several topics, all topics whose names match a pattern, or partitions that are
/// chosen by hand. A topic's name converts to it: <c>CreateConsumer&lt;string, Order&gt;("orders")</c>. Immutable, so
/// that any thread may use it, and any number of consumers.
/// </summary>
/// <remarks>
/// Partitions that are added to a topic later are read too, and so are topics that are created later, if they match a
/// pattern. A topic that was deleted is told by the next read, unless a pattern has found it; one that is created again
/// with its name is read from its start.
/// </remarks>
public sealed class Subscription
{
    private readonly Regex? _pattern;

    private Subscription(string[] names, TopicPartition[] byHand, Regex? pattern = null)
    {
        Names = names;
        ByHand = byHand;
        TopicNames = [.. names.Concat(byHand.Select(each => each.Topic)).Distinct()];
        _pattern = pattern;
    }

    /// <summary>The topics that are named, or whose partitions are; none for a pattern.</summary>
    public IReadOnlyList<string> TopicNames { get; }

    /// <summary>Whether topics are found by a pattern.</summary>
    internal bool IsPattern => _pattern is not null;

    /// <summary>The topics that are read, in the order given; none if partitions were chosen by hand.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>The partitions that were chosen by hand, in the order given; none if topics are read.</summary>
    internal IReadOnlyList<TopicPartition> ByHand { get; }

    /// <summary>All partitions of one topic, as <see cref="Topics"/> with one name.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <exception cref="ArgumentException">The name is null, or no topic can have it.</exception>
    public static implicit operator Subscription(string topic) => Topics(topic);

    /// <summary>All partitions of topics; as Kafka's <c>subscribe</c>.</summary>
    /// <param name="names">
    /// The names, each once: 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'. That there are such topics is
    /// checked when a consumer is made.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is none, one comes twice, or no topic can have one; the message tells all faults.
    /// </exception>
    public static Subscription Topics(params string[] names)
    {
        ArgumentNullException.ThrowIfNull(names);
        string[] copy = [.. names];
        List<string> faults = [.. copy.Select(NameRules.TopicFault).OfType<string>()];
        faults.AddRange(Repeated(copy).Select(name => $"Topic '{name}' is named more than once: name it once."));
        ThrowIfAny(faults, copy.Length, "It names no topic: name at least one.", nameof(names));
        return new Subscription(copy, []);
    }

    /// <summary>
    /// All topics whose names match, those that there are and those that are created later; as Kafka's
    /// <c>subscribe(Pattern)</c>. Partitions of a topic that is deleted are lost without an exception.
    /// </summary>
    /// <param name="names">
    /// The pattern, as for <see cref="Regex.IsMatch(string)"/>: it matches a part of the name, unless it begins with
    /// <c>^</c> and ends with <c>$</c> (Kafka's must match the whole name). It is tried when the consumer joins, and by
    /// whoever creates or deletes a topic; a name that takes longer than its <see cref="Regex.MatchTimeout"/> does not
    /// match.
    /// </param>
    /// <exception cref="ArgumentNullException">The pattern is null.</exception>
    public static Subscription Matching(Regex names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return new Subscription([], [], names);
    }

    /// <summary>
    /// Partitions that are chosen by hand, of any topics; as Kafka's <c>assign</c>. With a group, the others are left
    /// to its other consumers.
    /// </summary>
    /// <param name="byHand">
    /// The partitions, each once. That there are such partitions is checked when a consumer is made.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is none, one comes twice, no topic can have its topic's name, or its number is negative; the message tells
    /// all faults.
    /// </exception>
    public static Subscription Partitions(params TopicPartition[] byHand)
    {
        ArgumentNullException.ThrowIfNull(byHand);
        TopicPartition[] copy = [.. byHand];
        List<string> faults =
        [
            .. copy.Select(each => each.Topic).Distinct().Select(NameRules.TopicFault).OfType<string>(),
            .. copy.Where(each => each.Partition < 0).Select(each =>
                $"Partition {Units.Number(each.Partition)} of topic '{each.Topic}' cannot be: the first has number 0."),
            .. Repeated(copy).Select(each => $"Partition {each} is named more than once: name it once."),
        ];
        ThrowIfAny(faults, copy.Length, "It names no partition: name at least one.", nameof(byHand));
        return new Subscription([], copy);
    }

    /// <summary>The names, the pattern, or the partitions: <c>orders, payments</c>.</summary>
    public override string ToString() =>
        _pattern is not null ? _pattern.ToString()
        : Names.Count > 0 ? string.Join(", ", Names)
        : string.Join(", ", ByHand);

    /// <summary>Whether the pattern matches a topic's name; not if that takes longer than the pattern allows.</summary>
    internal bool Matches(string name)
    {
        try
        {
            return _pattern!.IsMatch(name);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>Whether a topic of that name is read, or partitions of it.</summary>
    internal bool Includes(string name) => IsPattern ? Matches(name) : TopicNames.Contains(name);

    private static IEnumerable<T> Repeated<T>(IEnumerable<T> all) =>
        all.Where(each => each is not null).GroupBy(each => each).Where(same => same.Count() > 1)
            .Select(same => same.Key);

    private static void ThrowIfAny(List<string> faults, int count, string empty, string parameter)
    {
        if (count == 0)
        {
            faults.Add(empty);
        }

        if (faults.Count > 0)
        {
            string message = faults.Count == 1
                ? $"The subscription has a fault: {faults[0]}"
                : $"The subscription has {faults.Count} faults:\n- {string.Join("\n- ", faults)}";
            throw new ArgumentException(message, parameter);
        }
    }
}
