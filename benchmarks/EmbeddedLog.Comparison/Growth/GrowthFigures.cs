using System.Text.Json;

namespace EmbeddedLog.Comparison.Growth;

/// <summary>The costs of a log of a certain size.</summary>
internal sealed record GrowthFigures
{
    /// <summary>Nanoseconds of an append, written: of the last million, or of all if they are fewer.</summary>
    public double Append { get; init; }

    /// <summary>Nanoseconds of a record in a scan of everything, from the page cache.</summary>
    public double Read { get; init; }

    /// <summary>Nanoseconds to find an offset anywhere and read the record there.</summary>
    public double Seek { get; init; }

    /// <summary>The segments of all partitions that hold records.</summary>
    public long Segments { get; init; }

    /// <summary>Live heap bytes of the library afterwards, after full collections.</summary>
    public double Heap { get; init; }

    /// <summary>Milliseconds of an opening after the process was killed under load.</summary>
    public double UncleanOpen { get; init; }

    /// <summary>Milliseconds of an opening after the process was killed while idle.</summary>
    public double IdleUncleanOpen { get; init; }

    /// <summary>The same after a clean close.</summary>
    public double CleanOpen { get; init; }

    /// <summary>Live heap bytes of the library after an opening, before anything is read.</summary>
    public double HeapAfterOpen { get; init; }

    /// <summary>The medians of several rounds.</summary>
    public static GrowthFigures Median(IReadOnlyList<GrowthFigures> rounds) => new()
    {
        Append = Median(rounds, one => one.Append),
        Read = Median(rounds, one => one.Read),
        Seek = Median(rounds, one => one.Seek),
        Segments = rounds[0].Segments,
        Heap = Median(rounds, one => one.Heap),
        UncleanOpen = Median(rounds, one => one.UncleanOpen),
        IdleUncleanOpen = Median(rounds, one => one.IdleUncleanOpen),
        CleanOpen = Median(rounds, one => one.CleanOpen),
        HeapAfterOpen = Median(rounds, one => one.HeapAfterOpen),
    };

    public static GrowthFigures Parse(string json) => JsonSerializer.Deserialize<GrowthFigures>(json)!;

    public override string ToString() => JsonSerializer.Serialize(this);

    private static double Median(IReadOnlyList<GrowthFigures> rounds, Func<GrowthFigures, double> figure)
    {
        double[] sorted = [.. rounds.Select(figure).Order()];
        return sorted[sorted.Length / 2];
    }
}
