using EmbeddedLog.Coordination.Groups;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>A read that hands its records to handlers.</summary>
internal interface IReadingLoop : IMemberActivity
{
    /// <summary>Whether it must not wait for more. Read after the reader was woken.</summary>
    bool MustEnd { get; }

    /// <summary>How many records it has in hand. Read by anyone.</summary>
    int InHand { get; }
}
