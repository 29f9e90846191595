namespace EmbeddedLog.Testing.Recording;

/// <summary>A record that was acknowledged.</summary>
/// <param name="Id">The record.</param>
/// <param name="Entry">The acknowledgement, the strongest one.</param>
internal sealed record Acknowledged(RecordId Id, HistoryEntry Entry)
{
    /// <summary>Whether it must survive a loss of power.</summary>
    public bool IsFlushed => Entry.Detail == Ledger.Flushed;
}
