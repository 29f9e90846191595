using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Segments.Preparing;

/// <summary>Takes files of segments that are made ahead.</summary>
internal interface ISpareTaker
{
    /// <summary>The shape of the next segment, as of now.</summary>
    SegmentShape NextShape { get; }

    /// <summary>Takes a file that was made ahead; false if it is not wanted any more.</summary>
    bool TryOffer(SpareSegment spare);
}
