namespace EmbeddedLog.Comparison.Growth;

/// <summary>The costs of a log of a certain size, as medians of the rounds.</summary>
internal sealed record GrowthResult(GrowthPoint Point, IReadOnlyList<GrowthFigures> Rounds)
{
    public GrowthFigures Figures { get; } = GrowthFigures.Median(Rounds);
}
