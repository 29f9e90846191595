using System.Text.Json.Serialization;
using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>Counts requests by the minute of their time.</summary>
internal sealed class RequestsPerMinute : IView
{
    /// <summary>Two years of minutes; requests of further minutes are counted together.</summary>
    public const int MaxMinutes = 1_051_200;

    private const int BusiestShown = 5;
    private const int BucketsShown = 24;
    private const int BarLength = 40;

    /// <summary>Possible spans of a row of the chart, in minutes; the first one with few enough rows is used.</summary>
    private static readonly long[] s_bucketMinutes =
        [1, 5, 15, 30, 60, 3 * 60, 6 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60, 365 * 24 * 60];

    /// <inheritdoc/>
    public static string Group => "requests-per-minute";

    /// <summary>Requests by minute, counted from 1970 in UTC.</summary>
    public Dictionary<long, long> Minutes { get; init; } = [];

    /// <summary>Requests in minutes beyond <see cref="MaxMinutes"/>.</summary>
    public long Others { get; set; }

    /// <inheritdoc/>
    [JsonIgnore]
    public int Size => Minutes.Count;

    /// <inheritdoc/>
    public void Add(AccessLine request)
    {
        if (Minutes.TryGetValue(request.Minute, out long count) || Minutes.Count < MaxMinutes)
        {
            Minutes[request.Minute] = count + 1;
        }
        else
        {
            Others++;
        }
    }

    /// <inheritdoc/>
    public void Print(TextWriter output)
    {
        long requests = Minutes.Values.Sum();
        output.WriteLine($"  {requests + Others:N0} requests in {Minutes.Count:N0} minutes that had any");
        if (Minutes.Count == 0)
        {
            return;
        }

        if (Others > 0)
        {
            output.WriteLine($"  {Others:N0} of them in minutes beyond the first {MaxMinutes:N0}, counted together");
        }

        output.WriteLine();
        PrintBusiest(output);
        output.WriteLine();
        PrintChart(output);
    }

    private void PrintBusiest(TextWriter output)
    {
        var table = new TextTable("busiest minute (UTC)", ">requests");
        foreach ((long minute, long count) in Minutes.OrderByDescending(m => m.Value).ThenBy(m => m.Key)
            .Take(BusiestShown))
        {
            table.Add(Format(minute), $"{count:N0}");
        }

        table.Print(output);
    }

    private void PrintChart(TextWriter output)
    {
        long first = Minutes.Keys.Min();
        long last = Minutes.Keys.Max();
        long bucket = s_bucketMinutes.FirstOrDefault(
            b => FloorDiv(last, b) - FloorDiv(first, b) < BucketsShown, s_bucketMinutes[^1]);
        var rows = Minutes
            .GroupBy(m => FloorDiv(m.Key, bucket) * bucket)
            .Select(g => (Start: g.Key, Requests: g.Sum(m => m.Value), Peak: g.Max(m => m.Value)))
            .OrderBy(r => r.Start)
            .TakeLast(BucketsShown)
            .ToList();
        long most = rows.Max(r => r.Requests);
        var table = new TextTable("from (UTC)", ">requests", ">a minute", ">peak minute", "");
        foreach ((long start, long requests, long peak) in rows)
        {
            string bar = new('#', (int)Math.Max(1, requests * BarLength / most));
            table.Add(Format(start), $"{requests:N0}", $"{(double)requests / bucket:N1}", $"{peak:N0}", bar);
        }

        table.Print(output);
    }

    /// <summary>Rounds towards the past on both sides of 1970.</summary>
    private static long FloorDiv(long value, long by) => (long)Math.Floor((double)value / by);

    private static string Format(long minute) => $"{DateTimeOffset.UnixEpoch.AddMinutes(minute):yyyy-MM-dd HH:mm}";
}
