using System.Globalization;
using EmbeddedLog.Files.Manifests;
using EmbeddedLog.Files.Storing;
using EmbeddedLog.Validation;

namespace EmbeddedLog.Files;

/// <summary>
/// The names of the log in its directories: FORMAT.md, "Directory". All other names are foreign, and left alone.
/// </summary>
internal static class OwnNames
{
    /// <summary>The name of the file whose lock makes a process the owner.</summary>
    public const string Lock = "lock";

    /// <summary>The name of the directory that holds the topics' own.</summary>
    public const string Topics = "topics";

    /// <summary>The name of the directory that holds committed offsets.</summary>
    public const string Groups = "groups";

    /// <summary>The name of the file that describes a topic.</summary>
    public const string Description = "topic.json";

    /// <summary>The name of the file that marks a topic's directory while partitions are added.</summary>
    public const string AddingPartitions = "partitions" + StoredFile.UnfinishedSuffix;

    /// <summary>The end of the name of a topic's directory that is being removed.</summary>
    public const string DeletedSuffix = ".deleted";

    /// <summary>
    /// The beginning of the name of a directory with a partition's damaged files, as a salvage found them.
    /// </summary>
    public const string EvidencePrefix = "damaged-";

    /// <summary>
    /// Whether systems put the name into directories by themselves: file systems do, and desktops, volumes and network
    /// file systems with names that begin with a dot. A directory with only such names counts as empty.
    /// </summary>
    public static bool IsCommonplace(string name) => name == "lost+found" || name.StartsWith('.');

    /// <summary>Whether a name in a log's directory is the log's.</summary>
    public static bool IsInLog(string name) =>
        Finished(name) is SessionFile.FileName or ClosedFile.FileName
        || name is Lock or ControlFile.FileName or Topics or Groups;

    /// <summary>
    /// Whether a name may be that of a topic's directory: the topic's name, a dash and a number. It may still be
    /// another one's.
    /// </summary>
    public static bool MayBeTopic(string name)
    {
        string stem = name.EndsWith(DeletedSuffix, StringComparison.Ordinal)
            ? name[..^DeletedSuffix.Length]
            : Finished(name);
        int dash = stem.LastIndexOf('-');
        return dash > 0 && IsNumber(stem.AsSpan(dash + 1)) && NameRules.Fault(stem[..dash]) is null;
    }

    /// <summary>Whether a name in a topic's directory is the topic's.</summary>
    public static bool IsInTopic(string name) =>
        Finished(name) == Description || name == AddingPartitions || IsNumber(name);

    /// <summary>Whether a name in a topic's directory is that of a partition's.</summary>
    public static bool IsPartition(string name, out int partition)
    {
        partition = IsNumber(name) ? int.Parse(name, CultureInfo.InvariantCulture) : -1;
        return partition >= 0;
    }

    /// <summary>Whether a name in a partition's directory is the partition's.</summary>
    public static bool IsInPartition(string name)
    {
        string finished = Finished(name);
        return IsSmallFileOfPartition(name)
            || finished == DamageFile.FileName
            || SegmentFileName.TryParse(finished, out _)
            || (finished.StartsWith(EvidencePrefix, StringComparison.Ordinal)
                && IsNumber(finished.AsSpan(EvidencePrefix.Length)));
    }

    /// <summary>Whether it is the name of a manifest or checkpoint, perhaps of an unfinished one.</summary>
    public static bool IsSmallFileOfPartition(string name) =>
        Finished(name) is Manifest.FileName or CheckpointFile.FileName;

    private static string Finished(string name) =>
        name.EndsWith(StoredFile.UnfinishedSuffix, StringComparison.Ordinal)
            ? name[..^StoredFile.UnfinishedSuffix.Length]
            : name;

    /// <summary>Whether it is a number as the log writes it: without a sign and without leading zeros.</summary>
    private static bool IsNumber(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && text.Length == 1 + (number < 10 ? 0 : (int)Math.Log10(number));
}
