using System.Diagnostics.Metrics;

namespace EmbeddedLog.Diagnostics;

/// <summary>What an open log is asked for when somebody collects figures. Works on the calling thread.</summary>
internal interface ILogFigures
{
    /// <summary>The bytes of each partition.</summary>
    IEnumerable<Measurement<long>> Sizes();

    /// <summary>The segments of each partition.</summary>
    IEnumerable<Measurement<long>> Segments();

    /// <summary>The leases and scans that hold memory of segments.</summary>
    IEnumerable<Measurement<long>> Pins();

    /// <summary>The partitions that take no appends.</summary>
    IEnumerable<Measurement<long>> FailedPartitions();

    /// <summary>How many records each group is behind, for each partition.</summary>
    IEnumerable<Measurement<long>> Lags();

    /// <summary>How many seconds each group is behind, for each partition.</summary>
    IEnumerable<Measurement<double>> LagTimes();
}
