namespace EmbeddedLog.Validation;

/// <summary>Finds the name that is meant by a mistyped one.</summary>
internal static class NearestName
{
    private static readonly Func<char, char, bool> s_same = static (one, other) => one == other;
    private static readonly Func<char, char, bool> s_sameLetter =
        static (one, other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);

    /// <summary>
    /// The name that takes the fewest changes of a character (a third of the name at most, and one in any case), or
    /// null. Case counts only between names that are equally near without it.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> names)
    {
        string? nearest = null;
        int fewest = Math.Max(1, name.Length / 3) + 1;
        foreach (string candidate in names)
        {
            int changes = Changes(name, candidate, s_sameLetter);
            if (changes < fewest
                || (changes == fewest && nearest is not null
                    && Changes(name, candidate, s_same) < Changes(name, nearest, s_same)))
            {
                fewest = changes;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>The number of characters to insert, remove, replace or swap with a neighbour.</summary>
    private static int Changes(string from, string to, Func<char, char, bool> same)
    {
        // Three rows of the table are enough: a swap looks two back.
        int[] twoBack = new int[to.Length + 1];
        int[] before = [.. Enumerable.Range(0, to.Length + 1)];
        int[] row = new int[to.Length + 1];
        for (int i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int cost = same(from[i - 1], to[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], before[j]) + 1, before[j - 1] + cost);
                if (i > 1 && j > 1 && same(from[i - 1], to[j - 2]) && same(from[i - 2], to[j - 1]))
                {
                    row[j] = Math.Min(row[j], twoBack[j - 2] + 1);
                }
            }

            (twoBack, before, row) = (before, row, twoBack);
        }

        return before[to.Length];
    }
}
