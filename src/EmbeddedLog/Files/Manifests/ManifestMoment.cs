using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;


namespace EmbeddedLog.Files.Manifests;

/// <summary>A manifest as it is known at one moment.</summary>
/// <param name="File">The file; another one once it was replaced.</param>
/// <param name="End">Where its records end.</param>
/// <param name="Segments">The live segments.</param>
/// <param name="LogStartOffset">The first offset that may be read.</param>
internal readonly record struct ManifestMoment(LogFile File, long End, SegmentEntry[] Segments, long LogStartOffset);
