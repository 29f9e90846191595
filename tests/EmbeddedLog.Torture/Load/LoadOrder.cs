using System.Globalization;
using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture.Load;

/// <summary>A child's order: one life of a directory.</summary>
/// <param name="Directory">The log's directory.</param>
/// <param name="Seed">The story's seed.</param>
/// <param name="Life">The life's number in the directory.</param>
/// <param name="Trimmed">Whether retention is on.</param>
/// <param name="OpensOnly">Whether the life ends as soon as the log is open.</param>
/// <param name="Troubles">What goes wrong around the log in this life.</param>
internal sealed record LoadOrder(
    string Directory,
    int Seed,
    int Life,
    bool Trimmed,
    bool OpensOnly = false,
    UserTroubles Troubles = UserTroubles.None)
{
    /// <summary>
    /// Whether the blocking senders return no thread of the pool until the log is closed. Nothing else that needs such
    /// a thread continues then, and closing must not need one.
    /// </summary>
    public bool HoldsPool =>
        Troubles.HasFlag(UserTroubles.Pool) && !Troubles.HasFlag(UserTroubles.Handles) && Life % 2 == 0;

    private const char Separator = '\t';
    private const string TrimmedWord = "trimmed";
    private const string OpensOnlyWord = "opens-only";

    /// <summary>The order as a line of text.</summary>
    public string ToLine() => string.Join(
        Separator,
        Directory,
        Seed.ToString(CultureInfo.InvariantCulture),
        Life,
        Trimmed ? TrimmedWord : "kept",
        OpensOnly ? OpensOnlyWord : "works",
        ((int)Troubles).ToString(CultureInfo.InvariantCulture));

    /// <summary>Parses a line.</summary>
    public static LoadOrder Parse(string line)
    {
        string[] fields = line.Split(Separator);
        return new LoadOrder(
            fields[0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[2], CultureInfo.InvariantCulture),
            fields[3] == TrimmedWord,
            fields[4] == OpensOnlyWord,
            (UserTroubles)int.Parse(fields[5], CultureInfo.InvariantCulture));
    }
}
