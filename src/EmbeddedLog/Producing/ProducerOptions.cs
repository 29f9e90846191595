using EmbeddedLog.Validation;

namespace EmbeddedLog;

/// <summary>
/// The options of a producer. Checked and copied when it is created: later changes have no effect, and one
/// <see cref="ArgumentException"/> lists all faults.
/// </summary>
public sealed class ProducerOptions
{
    /// <summary>
    /// Chooses the partition of records without a given one. Default: null, for the topic's partitioner.
    /// </summary>
    public IPartitioner? Partitioner { get; set; }

    /// <summary>
    /// The level at which a record is acknowledged, as Kafka's <c>acks</c>. Default: <see cref="Durability.Flushed"/>,
    /// the safe one.
    /// </summary>
    public Durability Durability { get; set; } = Durability.Flushed;

    /// <summary>
    /// The highest number of appended bytes that are not on the disk yet, 1 to 1 TiB (1,099,511,627,776); as Kafka's
    /// <c>buffer.memory</c>: beyond it, sending waits. A record or batch larger than that goes alone. Has no effect
    /// with <see cref="Durability.Written"/>. Default: 32 MiB (33,554,432).
    /// </summary>
    public long MaxInFlightBytes { get; set; } = 32L << 20;

    /// <summary>A valid copy.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message lists all of it.</exception>
    internal ProducerOptions ValidatedCopy()
    {
        var copy = (ProducerOptions)MemberwiseClone();
        copy.Validate();
        return copy;
    }

    private void Validate()
    {
        var faults = new OptionFaults("ProducerOptions");
        faults.Defined(nameof(Durability), Durability);
        faults.Range(nameof(MaxInFlightBytes), MaxInFlightBytes, 1, 1L << 40, "bytes", "32 MiB suits most producers");
        faults.ThrowIfAny();
    }
}
