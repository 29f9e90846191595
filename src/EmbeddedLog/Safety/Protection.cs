#if SWITCHABLE_PROTECTIONS
namespace EmbeddedLog.Safety;

/// <summary>What can be taken out, one at a time, see <see cref="Protections"/>.</summary>
internal enum Protection
{
    /// <inheritdoc cref="Protections.FrameCrc"/>
    FrameCrc,

    /// <inheritdoc cref="Protections.FramePosition"/>
    FramePosition,

    /// <inheritdoc cref="Protections.PublishOrder"/>
    PublishOrder,

    /// <inheritdoc cref="Protections.DirectorySync"/>
    DirectorySync,

    /// <inheritdoc cref="Protections.FlushBeforeCheckpoint"/>
    FlushBeforeCheckpoint,

    /// <inheritdoc cref="Protections.PreviousSegmentFlush"/>
    PreviousSegmentFlush,

    /// <inheritdoc cref="Protections.CommitEpoch"/>
    CommitEpoch,

    /// <inheritdoc cref="Protections.Poisoning"/>
    Poisoning,

    /// <inheritdoc cref="Protections.CopyOnUncleanOpen"/>
    CopyOnUncleanOpen,
}
#endif
