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
                $"Topic '{name}' exists with settings that cannot be changed: {all}. Ask for what it has, or for "
                + "a new topic.")
            {
                Topic = name,
                Expected = string.Join("; ", conflicts.Select(c => $"{c.Setting} {c.Wanted}")),
                Actual = string.Join("; ", conflicts.Select(c => $"{c.Setting} {c.Present}")),
            };
        }
    }

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
