using System.Buffers;
using System.Runtime.CompilerServices;

namespace EmbeddedLog.Validation;

/// <summary>
/// The names of topics and groups: Kafka's rule for topics, <c>[a-zA-Z0-9._-]{1,249}</c> but not <c>.</c> or <c>..</c>.
/// A name becomes a directory, so the rule also keeps the log inside its own directory.
/// </summary>
internal static class NameRules
{
    /// <summary>The most characters that a name may have.</summary>
    public const int MaxLength = 249;

    /// <summary>The first characters of names that are reserved for the log.</summary>
    public const string ReservedPrefix = "__";

    private const string Rule = "Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'.";

    private static readonly SearchValues<char> s_legal =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    /// <summary>Whether a name is reserved for the log.</summary>
    public static bool IsReserved(string name) => name.StartsWith(ReservedPrefix, StringComparison.Ordinal);

    /// <summary>Throws unless a user's topic may have the name.</summary>
    /// <exception cref="ArgumentException">It may not; the message shows the place and the rule.</exception>
    public static void ThrowIfNotTopic(
        string name, [CallerArgumentExpression(nameof(name))] string? parameter = null) =>
        ThrowIfNotUsers("topic", name, parameter);

    /// <summary>Throws unless a user's group may have the name.</summary>
    /// <exception cref="ArgumentException">It may not; the message shows the place and the rule.</exception>
    public static void ThrowIfNotGroup(
        string name, [CallerArgumentExpression(nameof(name))] string? parameter = null) =>
        ThrowIfNotUsers("group", name, parameter);

    /// <summary>The fault of a name, or null. Reserved names pass, because they occur on the disk.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0)
        {
            return "it is empty";
        }

        if (name is "." or "..")
        {
            return "it would name a directory that is not its own";
        }

        if (name.AsSpan().IndexOfAnyExcept(s_legal) is >= 0 and int index)
        {
            return $"character {Show(name[index])} at index {index} is not allowed";
        }

        return name.Length > MaxLength ? $"it has {name.Length} characters" : null;
    }

    /// <summary>Why a user's topic may not have a name, as sentences with place and rule; or null.</summary>
    public static string? TopicFault(string? name) =>
        name is null ? "A topic's name is null: give all names." : UsersFault("topic", name);

    private static void ThrowIfNotUsers(string what, string name, string? parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (UsersFault(what, name) is { } fault)
        {
            throw new ArgumentException(fault, parameter);
        }
    }

    private static string? UsersFault(string what, string name) =>
        Fault(name) is { } fault ? $"'{Excerpt(name)}' cannot name a {what}: {fault}. {Rule}"
        : IsReserved(name)
            ? $"'{name}' cannot name a {what}: names that begin with '{ReservedPrefix}' are reserved for the log "
                + "itself. Choose another beginning."
        : null;

    /// <summary>A character that may be invisible, or break the line, as its code.</summary>
    private static string Show(char value) =>
        char.IsBetween(value, ' ', '~') ? $"'{value}'" : $"U+{(int)value:X4}";

    /// <summary>The name on one line, cut off at the longest allowed length: it may come from anywhere.</summary>
    private static string Excerpt(string name) =>
        string.Create(Math.Min(name.Length, MaxLength), name, static (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
            }
        });
}
