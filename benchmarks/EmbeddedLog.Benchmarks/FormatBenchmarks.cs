using BenchmarkDotNet.Attributes;
using EmbeddedLog.Files;
using EmbeddedLog.Format.Frames;
using EmbeddedLog.Partitioning;
using EmbeddedLog.Partitions.Appending;
using EmbeddedLog.Partitions.State;
using EmbeddedLog.Segments.Reading;

namespace EmbeddedLog.Benchmarks;

/// <summary>The parts of an append, in warm memory: encode, checksum, publish.</summary>
[MemoryDiagnoser]
public unsafe class FormatBenchmarks
{
    private const int MaxFrameBytes = 128 << 10;

    /// <summary>A single one is too short to be timed.</summary>
    private const int Publications = 1000;

    private const uint SegmentSeed = 12345;

    private readonly byte[] _key = "site-7"u8.ToArray();
    private readonly byte[] _frame = GC.AllocateArray<byte>(MaxFrameBytes, pinned: true);
    private readonly PartitionState _state = new(SegmentList.Empty, 0, 0, ControlFile.None.Rent(1, 0));
    private byte[] _value = [];
    private byte* _at;

    /// <summary>The bytes of a value.</summary>
    [Params(100, 4096, 65536)]
    public int ValueBytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _value = new byte[ValueBytes];
        new Random(1).NextBytes(_value);
        fixed (byte* at = _frame)
        {
            // It is pinned.
            _at = at;
        }
    }

    /// <summary>With the checksum, which is computed on the way.</summary>
    [Benchmark]
    public uint Encode()
    {
        RawRecord record = new(_key, _value);
        RecordSize size = RecordSize.Of(record);
        int length = (int)size.FrameLength;
        int padded = FrameLayout.Padded(length);
        *(ulong*)(_at + padded - sizeof(ulong)) = 0;
        FrameHeader.Write(_at, (int)FrameType.Record, size.Flags(record), 1, 1, 0);
        uint crc = FrameCrc.Begin(SegmentSeed, 4096, length);
        crc = FrameCrc.Append(crc, _at + FrameLayout.KindAt, FrameLayout.HeaderBytes - FrameLayout.KindAt);
        return FrameCrc.Finish(RecordEncoder.WriteSingle(_at, record, size, crc, padded));
    }

    [Benchmark]
    public uint Checksum() => FrameCrc.Compute(SegmentSeed, 4096, _at, FrameLayout.HeaderBytes + ValueBytes);

    /// <summary>A frame's length, and the end that readers look at, here and in other processes.</summary>
    [Benchmark(OperationsPerInvoke = Publications)]
    public void Publish()
    {
        for (int i = 0; i < Publications; i++)
        {
            FrameHeader.WriteLengthRelease(_at, (uint)ValueBytes);
            _state.PublishedEnd++;
        }
    }

    /// <summary>The partition of a key.</summary>
    [Benchmark]
    public int Murmur2OfAKey() => Murmur2.Partition(_key, 16);
}
