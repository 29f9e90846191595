using System.Text.Json.Serialization;
using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>Counts requests, errors and bytes by path, queries left out.</summary>
internal sealed class TopPaths : IView
{
    /// <summary>So many paths are counted separately; requests of further ones are counted together.</summary>
    public const int MaxPaths = 50_000;

    /// <summary>Only so many characters of a path count.</summary>
    public const int MaxPathLength = 160;

    private const int Shown = 10;

    /// <inheritdoc/>
    public static string Group => "top-paths";

    /// <summary>The totals by path.</summary>
    public Dictionary<string, PathTotals> Paths { get; init; } = [];

    /// <summary>The totals of paths beyond <see cref="MaxPaths"/>.</summary>
    public PathTotals Others { get; init; } = new();

    /// <inheritdoc/>
    [JsonIgnore]
    public int Size => Paths.Count;

    /// <inheritdoc/>
    public void Add(AccessLine request)
    {
        string path = request.Path;
        PathTotals totals = Find(path.Length <= MaxPathLength ? path : Cut(path));
        totals.Requests++;
        totals.Errors += request.Status >= 400 ? 1 : 0;
        totals.Bytes += request.Bytes;
    }

    /// <inheritdoc/>
    public void Print(TextWriter output)
    {
        long requests = Paths.Values.Sum(p => p.Requests) + Others.Requests;
        output.WriteLine($"  {requests:N0} requests for {Paths.Count:N0} paths");
        if (Others.Requests > 0)
        {
            output.Write($"  {Others.Requests:N0} of them for paths beyond the first {MaxPaths:N0}");
            output.WriteLine(", counted together");
        }

        if (Paths.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable(">requests", ">share", ">errors", ">KiB", "path");
        foreach ((string path, PathTotals totals) in Paths.OrderByDescending(p => p.Value.Requests)
            .ThenBy(p => p.Key, StringComparer.Ordinal).Take(Shown))
        {
            string share = $"{100.0 * totals.Requests / requests:N1} %";
            table.Add($"{totals.Requests:N0}", share, $"{totals.Errors:N0}", $"{totals.Bytes / 1024:N0}", path);
        }

        table.Print(output);
    }

    /// <summary>Cuts a path, but never within a character, which JSON could not hold.</summary>
    private static string Cut(string path) =>
        path[..(char.IsHighSurrogate(path[MaxPathLength - 1]) ? MaxPathLength - 1 : MaxPathLength)];

    private PathTotals Find(string path)
    {
        if (!Paths.TryGetValue(path, out PathTotals? totals))
        {
            if (Paths.Count == MaxPaths)
            {
                return Others;
            }

            totals = new PathTotals();
            Paths.Add(path, totals);
        }

        return totals;
    }
}
