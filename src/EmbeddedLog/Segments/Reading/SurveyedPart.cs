using EmbeddedLog.Format.Frames;

namespace EmbeddedLog.Segments.Reading;

/// <summary>A frame that <see cref="SegmentSurvey"/> found, or a damaged region.</summary>
/// <param name="Position">Where it begins in the file.</param>
/// <param name="EndPosition">Where it ends; for a frame, with its padding.</param>
/// <param name="FirstOffset">The first offset that is, or should be, in it.</param>
/// <param name="NextOffset">The offset behind the last.</param>
/// <param name="Check">
/// <see cref="FrameCheck.Valid"/> for a frame; otherwise the result of the check at its beginning.
/// </param>
/// <param name="Length">The frame's length without padding.</param>
/// <param name="Extent">The extent of a frame.</param>
internal readonly record struct SurveyedPart(
    long Position,
    long EndPosition,
    long FirstOffset,
    long NextOffset,
    FrameCheck Check,
    int Length = 0,
    FrameExtent Extent = default)
{
    /// <summary>Whether there is no good frame.</summary>
    public bool IsBad => Check != FrameCheck.Valid;
}
