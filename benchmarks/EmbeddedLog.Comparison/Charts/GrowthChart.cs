using EmbeddedLog.Comparison.Growth;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>The cost of more records, partitions and segments.</summary>
internal static class GrowthChart
{
    private const int Width = 290;
    private const int Height = 230;

    /// <summary>The width of names is estimated too, and names are cut, so all get the same length.</summary>
    private const int MaxNameLength = 20;

    private static readonly (string Title, (string Name, OxyColor Color, Func<GrowthFigures, double> Figure)[] Lines)[]
        s_rows =
        [
            (
                "ns a record",
                [
                    ("append", ChartStyle.Blue, figures => figures.Append),
                    ("scan", ChartStyle.Green, figures => figures.Read),
                    ("seek", ChartStyle.Orange, figures => figures.Seek),
                ]),
            (
                "opening, ms",
                [
                    ("clean", ChartStyle.Blue, figures => figures.CleanOpen),
                    ("killed idle", ChartStyle.Green, figures => figures.IdleUncleanOpen),
                    ("killed busy", ChartStyle.Orange, figures => figures.UncleanOpen),
                ]),
            (
                "live heap, MiB",
                [
                    ("in use", ChartStyle.Blue, figures => GrowthReport.Mebibytes(figures.Heap)),
                    ("just opened", ChartStyle.Green, figures => GrowthReport.Mebibytes(figures.HeapAfterOpen)),
                ]),
        ];

    public static void Write(string path, IReadOnlyList<GrowthResult> results, string machine)
    {
        IGrouping<string, GrowthResult>[] axes = [.. results.GroupBy(result => result.Point.Axis)];
        PlotModel[] charts =
        [
            .. from row in s_rows
               from axis in axes
               select Draw($"{row.Title}, by {axis.Key}", row.Lines, [.. axis], withLegend: axis == axes[0]),
        ];
        if (charts.Length > 0)
        {
            SvgGrid.Write(path, charts, axes.Length, Width, Height, $"Values of 100 bytes. {machine}.");
        }
    }

    private static PlotModel Draw(
        string title,
        (string Name, OxyColor Color, Func<GrowthFigures, double> Figure)[] lines,
        GrowthResult[] points,
        bool withLegend)
    {
        PlotModel model = ChartStyle.NewModel(title);
        model.Axes.Add(ChartStyle.Quiet(new LogarithmicAxis
        {
            Position = AxisPosition.Bottom,
            MinimumPadding = 0.05,
            MaximumPadding = 0.05,
            LabelFormatter = Words,
        }));
        model.Axes.Add(ChartStyle.Quiet(new LogarithmicAxis
        {
            Position = AxisPosition.Left,
            MinimumPadding = 0.1,
            MaximumPadding = withLegend ? 0.5 : 0.1,
            MajorGridlineStyle = LineStyle.Solid,
            LabelFormatter = Words,
        }));
        foreach ((string name, OxyColor color, Func<GrowthFigures, double> figure) in lines)
        {
            LineSeries line = new()
            {
                Title = name.PadRight(MaxNameLength),
                Color = color,
                MarkerType = MarkerType.Circle,
                MarkerFill = color,
            };
            line.Points.AddRange(points.Select(one => new DataPoint(one.Point.Size, figure(one.Figures))));
            model.Series.Add(line);
        }

        if (withLegend)
        {
            model.Legends.Add(new Legend
            {
                LegendPosition = LegendPosition.TopLeft,
                LegendFontSize = 10,
                LegendLineSpacing = 4,
                LegendTextColor = OxyColors.Black,
            });
        }

        return model;
    }

    private static string Words(double value) => value switch
    {
        >= 999_999 => $"{value / 1e6:0.#} M",
        >= 999 => $"{value / 1e3:0.#} K",
        _ => $"{value:0.###}",
    };
}
