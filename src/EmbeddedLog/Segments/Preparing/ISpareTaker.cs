using EmbeddedLog.Segments.Writing;

namespace EmbeddedLog.Segments.Preparing;

/// <summary>For whom segments' files are made ahead.</summary>
internal interface ISpareTaker
{
    /// <summary>What the next segment is to be made like, as of now.</summary>
    SegmentShape NextShape { get; }

    /// <summary>Hands over a file that was made ahead; false where it is not wanted any more.</summary>
    bool TryOffer(SpareSegment spare);
}
