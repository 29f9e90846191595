using EmbeddedLog.Format.Checksums;
using EmbeddedLog.Format.Frames;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Checksums;

public sealed unsafe class ChecksummedWriterTests
{
    /// <summary>Pieces of any lengths, after any others: what a copy and a checksum over all of it give.</summary>
    [Fact]
    public void Write_AnyPieces_AreThereAndInTheChecksum() =>
        Prop.ForAll(
            Gen.Choose(0, 40).Select(length => new byte[length]).ListOf().ToArbitrary(),
            Gen.Choose(1, int.MaxValue - 1).ToArbitrary(),
            Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
            static (pieces, seed, number) =>
            {
                Random random = new(seed);
                foreach (byte[] piece in pieces)
                {
                    random.NextBytes(piece);
                }

                byte[] varint = new byte[Varint.MaxBytes64];
                int varintBytes = Varint.Write(varint, (ulong)number);
                byte[] expected = [.. varint[..varintBytes], .. pieces.SelectMany(piece => piece)];
                int padded = (expected.Length + 7) & -8;
                ulong[] words = [.. Enumerable.Repeat(ulong.MaxValue, (padded / 8) + 1)];
                uint crc;
                fixed (ulong* first = words)
                {
                    ChecksummedWriter writer = new((byte*)first, (uint)seed);
                    writer.WriteVarint((ulong)number);
                    foreach (byte[] piece in pieces)
                    {
                        writer.Write(piece);
                    }

                    crc = writer.Finish();
                }

                byte[] written = [.. words.SelectMany(BitConverter.GetBytes)];
                return written.AsSpan(0, expected.Length).SequenceEqual(expected)
                    && written[expected.Length..padded].All(one => one == 0)
                    && written[padded..].All(one => one == 0xFF)
                    && crc == Crc32C.Append((uint)seed, written.AsSpan(0, padded));
            }).QuickCheckThrowOnFailure();
}
