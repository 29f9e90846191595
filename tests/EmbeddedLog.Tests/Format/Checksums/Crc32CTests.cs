using System.Buffers.Binary;
using System.Runtime.InteropServices;
using EmbeddedLog.Format.Checksums;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Format.Checksums;

public sealed class Crc32CTests
{
    // Check values of RFC 3720, appendix B.4, and the customary nine digits.
    public static TheoryData<byte[], uint> KnownValues => new()
    {
        { "123456789"u8.ToArray(), 0xE306_9283 },
        { [], 0 },
        { new byte[32], 0x8A91_36AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8_AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD_794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113F_DB5C },
    };

    [Theory]
    [MemberData(nameof(KnownValues))]
    public void Compute_StandardInput_GivesStandardValue(byte[] input, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(input));

    [Fact]
    public void Append_AnyCut_EqualsWhole() =>
        Prop.ForAll<byte[], int>((bytes, at) =>
        {
            int cut = (int)((uint)at % (bytes.Length + 1));
            uint pieces = Crc32C.Append(Crc32C.Append(Crc32C.Initial, bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
            return Crc32C.Finish(pieces) == Crc32C.Compute(bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Append_AnyBytes_EqualsBitwiseDefinition() =>
        Prop.ForAll<byte[]>(bytes => Crc32C.Compute(bytes) == ComputeBitwise(bytes)).QuickCheckThrowOnFailure();

    /// <summary>With several streams, over the ends of blocks of either size.</summary>
    [Fact]
    public void Append_ManyBytes_EqualsBitwiseDefinition()
    {
        byte[] bytes = new byte[8000];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length += length < 900 ? 1 : 61)
        {
            byte[] some = bytes[^length..];
            Assert.Equal(ComputeBitwise(some), Crc32C.Compute(some));
        }
    }

    /// <summary>Where nothing is said to be supported the streams are checked nowhere.</summary>
    [Fact]
    public void IsSupported_OnX64AndArm64_IsTrue()
    {
        Assert.SkipUnless(
            RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64, "Other processors.");
        bool isSwitchedOff = Environment.GetEnvironmentVariable("DOTNET_EnableHWIntrinsic") == "0"
            || Environment.GetEnvironmentVariable("DOTNET_EnableArm64Aes") == "0";

        Assert.Equal(!isSwitchedOff, Crc32CStreams.IsSupported);
    }

    [Fact]
    public void Append_Integers_EqualTheirLittleEndianBytes() =>
        Prop.ForAll<uint, ulong, uint>((crc, wide, narrow) =>
        {
            Span<byte> bytes = stackalloc byte[12];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, wide);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], narrow);
            return Crc32C.Append(Crc32C.Append(crc, wide), narrow) == Crc32C.Append(crc, bytes);
        }).QuickCheckThrowOnFailure();

    private static uint ComputeBitwise(byte[] bytes)
    {
        uint crc = 0xFFFF_FFFF;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1;
            }
        }

        return ~crc;
    }
}
