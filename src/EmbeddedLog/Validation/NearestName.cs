namespace EmbeddedLog.Validation;

/// <summary>Finds the name that is meant by a mistyped one.</summary>
internal static class NearestName
{
    /// <summary>
    /// The name that takes the fewest changes of a character (a third of the name at most, and one in any case), or
    /// null; case does not count.
    /// </summary>
    public static string? Of(string name, IEnumerable<string> names)
    {
        string? nearest = null;
        int fewest = Math.Max(1, name.Length / 3) + 1;
        foreach (string candidate in names)
        {
            int changes = Changes(name, candidate);
            if (changes < fewest)
            {
                fewest = changes;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>The number of characters to insert, remove, replace or swap with a neighbour.</summary>
    private static int Changes(string from, string to)
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
                int same = Same(from[i - 1], to[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1], before[j]) + 1, before[j - 1] + same);
                if (i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1]))
                {
                    row[j] = Math.Min(row[j], twoBack[j - 2] + 1);
                }
            }

            (twoBack, before, row) = (before, row, twoBack);
        }

        return before[to.Length];
    }

    private static bool Same(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
