namespace EmbeddedLog.Hosting.Configuration;

/// <summary>Finds the name that somebody may have meant.</summary>
internal static class Nearest
{
    /// <summary>The nearest of the names; null if none is near.</summary>
    public static string? Of(string name, IEnumerable<string> names) => names
        .Select(each => (Name: each, Distance: Distance(name.ToUpperInvariant(), each.ToUpperInvariant())))
        .Where(each => each.Distance <= Math.Max(1, name.Length / 3))
        .OrderBy(each => each.Distance)
        .Select(each => each.Name)
        .FirstOrDefault();

    /// <summary>How many letters to insert, remove or replace.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
