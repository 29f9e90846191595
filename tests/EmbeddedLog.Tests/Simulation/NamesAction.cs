namespace EmbeddedLog.Tests.Simulation;

/// <summary>What a step of a random program on names does.</summary>
internal enum NamesAction
{
    Create,
    Delete,
    Rename,
    Sync,
    ProcessKill,
    PowerLoss,
}
