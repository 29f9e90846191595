using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Maintenance.Salvaging;

/// <summary>
/// A segment that a salvage writes anew: each good frame at its position, gaps in the regions between.
/// </summary>
/// <param name="Segment">The segment as it was found.</param>
/// <param name="Survey">The survey of its file.</param>
/// <param name="Gaps">The regions that become gaps.</param>
/// <param name="EndPosition">Where its frames end; nothing behind is copied.</param>
internal sealed record SalvagedSegment(
    Segment Segment, SalvageSurvey Survey, IReadOnlyList<SurveyedPart> Gaps, long EndPosition);
