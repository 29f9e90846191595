using EmbeddedLog.Consuming.Positions;
using EmbeddedLog.Handling;

namespace EmbeddedLog.Consuming.Reading;

/// <summary>Records of one partition that were taken to be handled.</summary>
/// <param name="Cursor">The partition.</param>
/// <param name="Version">The version of its cursor.</param>
/// <param name="Records">The records.</param>
/// <param name="Traits">What their handling depends on.</param>
/// <param name="Raw">The bytes of their keys and values, where these are kept.</param>
internal readonly record struct TakenRecords<TKey, TValue>(
    PartitionCursor Cursor,
    int Version,
    ReadOnlyMemory<Record<TKey, TValue>> Records,
    ReadOnlyMemory<RecordTraits> Traits,
    ReadOnlyMemory<byte> Raw);
