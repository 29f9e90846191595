using EmbeddedLog.Format.Manifests;
using EmbeddedLog.IO;

namespace EmbeddedLog.Files.Manifests;

/// <summary>The state of a manifest at one moment.</summary>
/// <param name="File">The file; a replacement is another one.</param>
/// <param name="End">Where its records end.</param>
/// <param name="Segments">The live segments.</param>
/// <param name="LogStartOffset">The first offset that may be read.</param>
internal readonly record struct ManifestMoment(LogFile File, long End, SegmentEntry[] Segments, long LogStartOffset);
