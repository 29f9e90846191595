using EmbeddedLog.Files.Storing;
using EmbeddedLog.Records;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Topics;

/// <summary>What can be wrong with a wish for a topic.</summary>
internal static class TopicErrors
{
    /// <summary>What to do where a topic is missing, for the log's owner.</summary>
    public const string MakeAdvice = $"Make it with {nameof(CommitLog.EnsureTopicAsync)}.";

    /// <summary>The same for who only reads the log.</summary>
    public const string OwnerAdvice = "The process that owns the log makes topics.";

    /// <summary>A topic of that name exists.</summary>
    public static TopicConflictException Exists(string name) =>
        new($"Topic '{name}' exists already. Use {nameof(CommitLog.EnsureTopicAsync)} to make it only where it is "
            + "missing.")
        {
            Topic = name,
        };

    /// <summary>No topic of that name exists.</summary>
    public static UnknownTopicException Unknown(string name, IReadOnlyList<Topic> topics) =>
        Unknown(
            name,
            [.. topics.Select(topic => topic.Name)],
            MakeAdvice);

    /// <summary>No topic of that name exists.</summary>
    public static UnknownTopicException Unknown(string name, IReadOnlyList<string> topics, string advice) =>
        Unknown([name], topics, advice);

    /// <summary>No topics of these names exist; the exception is about the first.</summary>
    public static UnknownTopicException Unknown(
        IReadOnlyList<string> names, IReadOnlyList<string> topics, string advice)
    {
        string known = topics.Count == 0
            ? "the log has none yet"
            : $"the log has {string.Join(", ", topics.Take(10).Select(topic => $"'{topic}'"))}"
                + (topics.Count > 10 ? $" and {topics.Count - 10} more" : string.Empty);
        string missing = names.Count == 1
            ? $"There is no topic '{names[0]}'"
            : $"There are no topics {PartitionText.List([.. names.Select(name => $"'{name}'")])}";
        string[] nearest = [.. names.Select(name => NearestName.Of(name, topics)).OfType<string>().Distinct()];
        string meant = nearest.Length == 0
            ? string.Empty
            : $" Did you mean {PartitionText.List([.. nearest.Select(name => $"'{name}'")])}?";
        return new UnknownTopicException($"{missing}; {known}.{meant} {advice}")
        {
            Topic = names[0],
        };
    }

    /// <summary>Refuses a change of what cannot change.</summary>
    /// <exception cref="TopicConflictException">The options differ there; the message tells both values.</exception>
    public static void ThrowIfConflicting(string name, TopicOptions present, TopicOptions wanted)
    {
        List<(string Setting, string Present, string Wanted)> conflicts = [];
        string advice = wanted.Partitions > present.Partitions
            ? $"Ask for what it has, or for a new topic. To add partitions, use {nameof(CommitLog.AddPartitionsAsync)}."
            : "Ask for what it has, or for a new topic.";
        if (present.Partitions != wanted.Partitions)
        {
            conflicts.Add((nameof(TopicOptions.Partitions), $"{present.Partitions}", $"{wanted.Partitions}"));
        }

        if (present.WriteMode != wanted.WriteMode)
        {
            conflicts.Add((nameof(TopicOptions.WriteMode), $"{present.WriteMode}", $"{wanted.WriteMode}"));
        }

        if (conflicts.Count != 0)
        {
            string all = string.Join("; ", conflicts.Select(c => $"{c.Setting} is {c.Present}, not {c.Wanted}"));
            throw new TopicConflictException(
                $"Topic '{name}' exists with settings that cannot be changed: {all}. {advice}")
            {
                Topic = name,
                Expected = string.Join("; ", conflicts.Select(c => $"{c.Setting} {c.Wanted}")),
                Actual = string.Join("; ", conflicts.Select(c => $"{c.Setting} {c.Present}")),
            };
        }
    }

    /// <summary>Refuses a number of partitions that is not more than there are, or more than there can be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No topic can have so many.</exception>
    /// <exception cref="TopicConflictException">The topic has as many, or more.</exception>
    public static void ThrowIfNotMore(string name, int present, int total)
    {
        if (total is < 1 or > TopicOptions.MaxPartitions)
        {
            throw new ArgumentOutOfRangeException(
                nameof(total),
                total,
                $"Topic '{name}' has {Partitions(present)} and can have up to "
                + $"{Units.Number(TopicOptions.MaxPartitions)}, not {Units.Number(total)}. {WhatToAsk(present)}");
        }

        if (total <= present)
        {
            throw new TopicConflictException(
                $"Topic '{name}' has {Partitions(present)} already, and {Units.Number(total)} were asked for. A topic "
                + $"only gets more of them. {WhatToAsk(present)}")
            {
                Topic = name,
                Expected = $"more than {present}",
                Actual = $"{total}",
            };
        }
    }

    private static string Partitions(int count) => count == 1 ? "1 partition" : $"{Units.Number(count)} partitions";

    private static string WhatToAsk(int present) => present == TopicOptions.MaxPartitions
        ? "Spread the records over several topics."
        : $"Ask for the new total, {Units.Number(present + 1)} to {Units.Number(TopicOptions.MaxPartitions)}.";

    /// <summary>The directories of topics are not those that the log was closed with.</summary>
    public static CorruptLogException NotOfOneMoment(string file, string expected, string actual) => new(
        $"'{file}' is not of the same moment as the rest of the log: expected {expected}, found {actual}. Nothing was "
        + "changed. " + FileErrors.OneMomentAdvice)
    {
        File = file,
        Position = 0,
        Expected = expected,
        Actual = actual,
    };
}
