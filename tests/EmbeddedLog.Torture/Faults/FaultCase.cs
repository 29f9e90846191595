using EmbeddedLog.Testing.Faults;

namespace EmbeddedLog.Torture.Faults;

/// <summary>One call that fails.</summary>
/// <param name="Workload">The name of the log's life.</param>
/// <param name="Size">How many operations it has.</param>
/// <param name="Positional">How records are written.</param>
/// <param name="Fault">The call that fails, and its error.</param>
/// <param name="LosesPower">Whether the machine loses its power afterwards.</param>
internal sealed record FaultCase(
    string Workload, FaultLifeSize Size, bool Positional, Fault Fault, bool LosesPower)
{
    /// <summary>Plays the case.</summary>
    public void Play() => FaultLife.Check(Size, Positional, Fault, LosesPower);

    public override string ToString() =>
        $"{Workload} life, {(Positional ? "positional" : "mapped")} writes, call {Fault.Call} of {Fault.Kind} fails "
        + $"with {Fault.Error}{(Fault.Lasts ? ", as do all after it" : "")}, then "
        + (LosesPower ? "the power is lost" : "the log is opened again");
}
