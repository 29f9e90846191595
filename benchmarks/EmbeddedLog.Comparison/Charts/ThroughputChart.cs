using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>
/// Appends, flushed appends and reads a second, next to other systems and to the limit of the machine.
/// </summary>
internal static class ThroughputChart
{
    private const int Columns = 2;
    private const int Width = 410;
    private const int Height = 150;

    private static readonly (string Workload, string Title)[] s_panels =
    [
        ("append-raw", "Append, written"),
        ("append-raw-final", "The same, to the end of a final flush"),
        ("durable-1", "Append until flushed, 1 in flight"),
        ("durable-many-16", "Append until flushed, 16 in flight"),
        ("durable-many-256", "Append until flushed, 256 in flight"),
        ("durable-many-4096", "Append until flushed, 4,096 in flight"),
        ("read-raw", "Scan without a copy"),
        ("read-typed", "Consumer<string, byte[]> in batches"),
    ];

    /// <summary>Writes the chart of the measured workloads, if there are any.</summary>
    public static void Write(string path, IReadOnlyList<Result> results, string machine)
    {
        PlotModel[] charts =
        [
            .. from panel in s_panels
               let figures = results.Where(result => result.Workload.Name == panel.Workload).Reverse().ToArray()
               where figures.Length > 0
               select Draw(panel.Title, figures),
        ];
        if (charts.Length > 0)
        {
            SvgGrid.Write(path, charts, Columns, Width, Height, $"Records a second, more is better. {machine}.");
        }
    }

    private static PlotModel Draw(string title, Result[] figures)
    {
        PlotModel model = ChartStyle.NewModel(title);
        CategoryAxis systems = ChartStyle.Quiet(new CategoryAxis { Position = AxisPosition.Left, GapWidth = 0.3 });
        BarSeries bars = new() { StrokeThickness = 0 };
        foreach (Result figure in figures)
        {
            if (figure.System == Systems.LimitSmallPages)
            {
                continue;
            }

            double rate = figure.Workload.Unit == Workload.Records ? figure.Value : 1e6 / figure.Value;
            model.Annotations.Add(new TextAnnotation
            {
                Text = Words(rate),
                TextPosition = new DataPoint(rate, systems.Labels.Count),
                TextHorizontalAlignment = HorizontalAlignment.Left,
                TextVerticalAlignment = VerticalAlignment.Middle,
                StrokeThickness = 0,
                Offset = new ScreenVector(5, 0),
            });
            bars.Items.Add(new BarItem(rate) { Color = ChartStyle.Of(figure.System) });
            systems.Labels.Add(figure.System);
        }

        model.Axes.Add(systems);
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Bottom,
            IsAxisVisible = false,
            Minimum = 0,
            Maximum = 1.25 * bars.Items.Max(bar => bar.Value),
        });
        model.Series.Add(bars);
        return model;
    }

    private static string Words(double rate) => rate switch
    {
        >= 1e7 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:N0} M"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e6:N1} M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:N0} K"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{rate / 1e3:N1} K"),
    };
}
