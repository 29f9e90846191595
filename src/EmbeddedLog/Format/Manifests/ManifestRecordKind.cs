namespace EmbeddedLog.Format.Manifests;

/// <summary>What a manifest record does. The numbers are on disk.</summary>
internal enum ManifestRecordKind : byte
{
    /// <summary>Adds a segment behind its predecessor; segments that stood there before are superseded.</summary>
    Add = 1,

    /// <summary>Moves the log start and drops the segments below it.</summary>
    LogStart = 2,

    /// <summary>Reserved: replaces n segments by m, for compaction. Not readable by version 1.</summary>
    Replace = 3,
}
