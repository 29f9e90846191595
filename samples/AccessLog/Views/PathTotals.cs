namespace AccessLog.Views;

/// <summary>The totals of one path.</summary>
internal sealed class PathTotals
{
    /// <summary>All requests.</summary>
    public long Requests { get; set; }

    /// <summary>Those answered with a status of 400 and above.</summary>
    public long Errors { get; set; }

    /// <summary>The bytes of all answers together.</summary>
    public long Bytes { get; set; }
}
