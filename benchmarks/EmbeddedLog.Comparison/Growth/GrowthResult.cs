namespace EmbeddedLog.Comparison.Growth;

/// <summary>What a log of a certain size costs, by the medians of the rounds.</summary>
internal sealed record GrowthResult(GrowthPoint Point, IReadOnlyList<GrowthFigures> Rounds)
{
    public GrowthFigures Figures { get; } = GrowthFigures.Median(Rounds);
}
