namespace EmbeddedLog.Tests.Simulation;

/// <summary>What a step of a random program does.</summary>
internal enum DiskAction
{
    Write,
    Store,
    Allocate,
    SetLength,
    Flush,
    FailFlush,
    WriteBack,
    Remap,
    ProcessKill,
    PowerLoss,
}
