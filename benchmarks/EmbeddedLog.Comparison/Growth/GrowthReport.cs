using System.Globalization;
using System.Text.Json;

namespace EmbeddedLog.Comparison.Growth;

/// <summary>Prints how cost grows, and writes it to a file.</summary>
internal static class GrowthReport
{
    /// <summary>The most heap of the library, whatever the log's size.</summary>
    private const double MaxHeapMebibytes = 32;

    public static void Print(IReadOnlyList<GrowthResult> results)
    {
        Console.WriteLine(
            $"values of {Scale.ValueBytes} bytes; medians; target: at most {MaxHeapMebibytes} MiB of heap");
        foreach (IGrouping<string, GrowthResult> axis in results.GroupBy(result => result.Point.Axis))
        {
            Console.WriteLine();
            Console.WriteLine(
                $"{axis.Key,12} {"segments",9} {"append ns",10} {"read ns",9} {"seek ns",9} {"open ms",9} "
                + $"{"killed idle",12} {"in load",9} {"heap MiB",9} {"just opened",12}");
            foreach (GrowthResult result in axis)
            {
                GrowthFigures figures = result.Figures;
                string verdict = Mebibytes(figures.Heap) > MaxHeapMebibytes ? "  MISSED" : "";
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Point.Size,12:N0} {figures.Segments,9:N0} {figures.Append,10:N1} {figures.Read,9:N1} "
                    + $"{figures.Seek,9:N0} {figures.CleanOpen,9:N1} {figures.IdleUncleanOpen,12:N1} "
                    + $"{figures.UncleanOpen,9:N1} {Mebibytes(figures.Heap),9:N2} "
                    + $"{Mebibytes(figures.HeapAfterOpen),12:N2}{verdict}"));
            }
        }

        Console.WriteLine();
    }

    public static double Mebibytes(double bytes) => bytes / (1 << 20);

    /// <summary>An array of objects, one for each figure, as those of the comparison.</summary>
    public static void WriteJson(string path, IReadOnlyList<GrowthResult> results)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (GrowthResult result in results)
        {
            Write("append", Workload.Records, one => 1e9 / one.Append);
            Write("read", Workload.Records, one => 1e9 / one.Read);
            Write("seek", Workload.Microseconds, one => one.Seek / 1000);
            Write("open-clean", Workload.Microseconds, one => one.CleanOpen * 1000);
            Write("open-unclean", Workload.Microseconds, one => one.UncleanOpen * 1000);
            Write("open-unclean-idle", Workload.Microseconds, one => one.IdleUncleanOpen * 1000);
            Write("heap", "bytes", one => one.Heap);

            void Write(string name, string unit, Func<GrowthFigures, double> figure)
            {
                json.WriteStartObject();
                json.WriteString("workload", $"{result.Point.Name}-{name}");
                json.WriteString("system", Systems.EmbeddedLog);
                json.WriteNumber("value", figure(result.Figures));
                json.WriteString("unit", unit);
                json.WriteStartArray("rounds");
                foreach (GrowthFigures round in result.Rounds)
                {
                    json.WriteNumberValue(figure(round));
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }
}
