using EmbeddedLog.Testing.Laws;
using EmbeddedLog.Testing.Recording;

namespace EmbeddedLog.Testing;

/// <summary>
/// What must hold for the history of a <see cref="TestLog"/>: <c>await host.CheckAsync(Law.PerKeyOrder,
/// Law.NoLoss)</c>. Each law looks at each group by itself.
/// </summary>
/// <remarks>
/// <para>
/// A record is <em>handled</em> when an <see cref="EffectSink{TValue}"/> has taken its value. On a log without sinks it
/// is handled when its consumer counts it as finished.
/// </para>
/// <para>
/// A record is <em>due</em> when it was acknowledged, no crash may have taken it back, and the group has committed
/// beyond it, or nothing more comes.
/// </para>
/// <para>Immutable, and safe from any thread.</para>
/// </remarks>
public sealed class Law
{
    private readonly Func<Ledger, LawViolation?> _find;

    private Law(string name, Func<Ledger, LawViolation?> find)
    {
        Name = name;
        _find = find;
    }

    /// <summary>
    /// The records of a key in a partition are handled in the order of their offsets. One that is handled again may be
    /// handled behind later ones, but those that one consumer was handed one after the other stay in order.
    /// </summary>
    public static Law PerKeyOrder { get; } = new(nameof(PerKeyOrder), ledger => OrderLaw.Find(ledger, byKey: true));

    /// <summary>The same for all records of a partition, whatever their keys.</summary>
    public static Law PerPartitionOrder { get; } =
        new(nameof(PerPartitionOrder), ledger => OrderLaw.Find(ledger, byKey: false));

    /// <summary>Each record that is due was handled, once or more.</summary>
    public static Law AtLeastOnce { get; } =
        new(nameof(AtLeastOnce), ledger => CountLaw.FindMissing(ledger, orDeadLettered: false));

    /// <summary>No record was handled twice.</summary>
    public static Law AtMostOnce { get; } = new(nameof(AtMostOnce), CountLaw.FindRepeated);

    /// <summary>
    /// What was acknowledged is in the log until retention deletes it: <em>written</em> after a kill, <em>flushed</em>
    /// also after a loss of power; and who reads it gets what was sent.
    /// </summary>
    public static Law NoLoss { get; } = new(nameof(NoLoss), LossLaw.Find);

    /// <summary>
    /// Each record that is due was handled, or has a dead letter: <see cref="FailureAction.DeadLetter"/>.
    /// </summary>
    public static Law DeadLettersAccountForWhatIsMissing { get; } = new(
        nameof(DeadLettersAccountForWhatIsMissing), ledger => CountLaw.FindMissing(ledger, orDeadLettered: true));

    /// <summary>The law's name, as its failures show it.</summary>
    public string Name { get; }

    /// <summary>
    /// Each key of the values that are due was handled exactly once, however often its records were sent and handed
    /// out: <c>Law.EffectivelyOnce((Order order) => order.Id)</c>.
    /// </summary>
    /// <typeparam name="TValue">The values' type. Values of other types do not count.</typeparam>
    /// <param name="by">The key of a value; compared with its <c>Equals</c>.</param>
    public static Law EffectivelyOnce<TValue>(Func<TValue, object> by)
    {
        ArgumentNullException.ThrowIfNull(by);
        return new Law(nameof(EffectivelyOnce), ledger => CountLaw.FindNotOnce(ledger, by));
    }

    /// <summary>
    /// After each <see cref="TestLog.AdvanceAsync"/>, each <see cref="TestLog.WaitForLagAsync"/> and at each check, no
    /// group has more records that it has not committed.
    /// </summary>
    /// <param name="records">The most records, from 0.</param>
    /// <param name="group">One group; null for all.</param>
    public static Law BoundedLag(long records, string? group = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(records);
        return new Law(nameof(BoundedLag), ledger => LagLaw.Find(ledger, records, group));
    }

    /// <summary>A law of your own.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="find">Returns what is wrong with a history, or null.</param>
    public static Law Of(string name, Func<History, string?> find)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(find);
        return new Law(
            name,
            ledger => find(ledger.History) is { } found
                ? new LawViolation(name, "that it holds", found, ledger.Entries) { Seed = ledger.History.Seed }
                : null);
    }

    /// <summary>The law's name.</summary>
    public override string ToString() => Name;

    /// <summary>The first breach; null if it holds.</summary>
    internal LawViolation? Find(Ledger ledger) => _find(ledger);
}
