using System.Globalization;
using System.Text;
using OxyPlot;

namespace EmbeddedLog.Comparison.Charts;

/// <summary>Puts several charts into one file.</summary>
internal static class SvgGrid
{
    private const int CaptionHeight = 28;

    /// <summary>One colour for light and dark pages: a picture does not know the colour of its page.</summary>
    private const string Style = "<style>text { fill: #737c86 }</style>";

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="charts">The charts, row by row.</param>
    /// <param name="columns">How many charts are in a row.</param>
    /// <param name="width">The width of a chart.</param>
    /// <param name="height">The height of a chart.</param>
    /// <param name="caption">The text below.</param>
    public static void Write(
        string path, IReadOnlyList<PlotModel> charts, int columns, int width, int height, string caption)
    {
        int rows = (charts.Count + columns - 1) / columns;
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{columns * width}\" ");
        text.Append(CultureInfo.InvariantCulture, $"height=\"{(rows * height) + CaptionHeight}\">\n");
        text.Append(Style).Append('\n');
        for (int i = 0; i < charts.Count; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"<g transform=\"translate({i % columns * width},{i / columns * height})\">\n")
                .Append(Draw(charts[i], width, height, i)).Append("</g>\n");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"12\" y=\"{(rows * height) + 16}\" font-family=\"{ChartStyle.Font}\" font-size=\"11\">")
            .Append(caption).Append("</text>\n</svg>\n");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, text.ToString());
    }

    private static string Draw(PlotModel chart, int width, int height, int number)
    {
        // The element alone. Names must not occur twice in a file, and texts without a colour take that of the style.
        SvgExporter exporter = new() { Width = width, Height = height, UseVerticalTextAlignmentWorkaround = true };
        string svg = exporter.ExportToString(chart);
        return svg[svg.IndexOf("<svg", StringComparison.Ordinal)..]
            .Replace("clipPath", $"chart{number}-clip", StringComparison.Ordinal)
            .Replace($"<chart{number}-clip", "<clipPath", StringComparison.Ordinal)
            .Replace($"</chart{number}-clip", "</clipPath", StringComparison.Ordinal)
            .Replace(" fill=\"black\"", "", StringComparison.Ordinal);
    }
}
