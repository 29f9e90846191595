namespace EmbeddedLog.Hosting.Injection;

/// <summary>Finds the one service that is meant where no key, or a short one, says which.</summary>
internal static class Ambiguity
{
    /// <summary>The only one.</summary>
    /// <param name="all">All that may be meant.</param>
    /// <param name="what">What they are, in words.</param>
    /// <param name="keyOf">The key under which each is alone.</param>
    /// <exception cref="InvalidOperationException">There are several.</exception>
    public static T Single<T>(IEnumerable<T> all, string what, Func<T, string> keyOf)
    {
        T[] found = [.. all];
        return found.Length == 1
            ? found[0]
            : throw new InvalidOperationException(
                $"There are {found.Length} {what}: ask for one by its key, such as "
                + $"[FromKeyedServices(\"{keyOf(found[0])}\")]. The keys are "
                + $"{string.Join(", ", found.Select(each => $"'{keyOf(each)}'"))}.");
    }
}
