using OxyPlot;
using OxyPlot.Axes;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>Colours that are distinct on a white and on a black ground.</summary>
internal static class ChartStyle
{
    public static OxyColor Lines { get; } = OxyColor.FromRgb(0x8B, 0x94, 0x9E);

    public static OxyColor Blue { get; } = OxyColor.FromRgb(0x2F, 0x81, 0xF7);

    public static OxyColor Orange { get; } = OxyColor.FromRgb(0xD2, 0x8A, 0x22);

    public static OxyColor Green { get; } = OxyColor.FromRgb(0x3F, 0xA9, 0x50);

    public const string Font = "Arial, Helvetica, sans-serif";

    /// <summary>The colour of a system.</summary>
    public static OxyColor Of(string system) => system switch
    {
        Systems.EmbeddedLog => Blue,
        Systems.FasterLog => Orange,
        Systems.Sqlite => Green,
        Systems.FileStream => OxyColor.FromRgb(0xA3, 0x71, 0xF7),
        Systems.Channel => OxyColor.FromRgb(0xDB, 0x61, 0xA2),
        _ => Lines,
    };

    /// <summary>An empty chart without a ground. Its texts are black, see <see cref="SvgGrid"/>.</summary>
    public static PlotModel NewModel(string title) => new()
    {
        Title = title,
        TitleFontSize = 13,
        TitleFontWeight = FontWeights.Bold,
        DefaultFont = Font,
        DefaultFontSize = 11,
        Background = OxyColors.Transparent,
        PlotAreaBorderThickness = new OxyThickness(0),

        // The width of texts is estimated, and texts are cut at the edge.
        Padding = new OxyThickness(32, 8, 8, 8),
    };

    /// <summary>Removes the lines of an axis.</summary>
    public static T Quiet<T>(T axis)
        where T : Axis
    {
        axis.TicklineColor = Lines;
        axis.MinorTicklineColor = OxyColors.Transparent;
        axis.AxislineColor = Lines;
        axis.AxislineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = OxyColor.FromAColor(0x40, Lines);
        return axis;
    }
}
