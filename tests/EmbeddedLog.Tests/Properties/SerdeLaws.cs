using System.Text;
using EmbeddedLog.Serialization;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>What holds for the built-in serializers whatever the data.</summary>
public sealed class SerdeLaws
{
    [Fact]
    public void EveryValueRoundTrips()
    {
        RoundTrips(Serdes.Bytes, (left, right) => left.AsSpan().SequenceEqual(right));
        RoundTrips<bool>();
        RoundTrips<byte>();
        RoundTrips<sbyte>();
        RoundTrips<short>();
        RoundTrips<ushort>();
        RoundTrips<int>();
        RoundTrips<uint>();
        RoundTrips<long>();
        RoundTrips<ulong>();
        RoundTrips<Guid>();
        RoundTrips<int?>(value => value is not null);
        RoundTrips<DateTimeOffset>();
        RoundTrips<decimal>();
        RoundTrips(
            Serdes.Double,
            (left, right) => BitConverter.DoubleToInt64Bits(left) == BitConverter.DoubleToInt64Bits(right));
        RoundTrips(
            Serdes.Single,
            (left, right) => BitConverter.SingleToInt32Bits(left) == BitConverter.SingleToInt32Bits(right));
    }

    [Fact]
    public void TextRoundTripsOrIsRefused() =>
        Prop.ForAll(Texts().ToArbitrary(), text =>
        {
            bool wellFormed = new UTF8Encoding(false, throwOnInvalidBytes: true) is var strict && Accepts(strict, text);
            try
            {
                return Serdes.Utf8.RoundTrip(text) == text && wellFormed;
            }
            catch (ArgumentException)
            {
                return !wellFormed;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyBytesAreTextOrRefused() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), data =>
        {
            try
            {
                return Serdes.Utf8.ToBytes(Serdes.Utf8.FromBytes(data)).AsSpan().SequenceEqual(data);
            }
            catch (InvalidDataException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void UnsignedIntegersSortAsTheirBytes() =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong>(), ArbMap.Default.ArbFor<ulong>(), (left, right) =>
            Math.Sign(Serdes.UInt64.ToBytes(left).AsSpan().SequenceCompareTo(Serdes.UInt64.ToBytes(right)))
            == left.CompareTo(right)).QuickCheckThrowOnFailure();

    private static bool Accepts(UTF8Encoding strict, string text)
    {
        try
        {
            strict.GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Texts in which surrogates, whole pairs and halves, are as frequent as letters.</summary>
    private static Gen<string> Texts() =>
        Gen.ListOf(Gen.OneOf(
            Gen.Choose(' ', '~').Select(c => ((char)c).ToString()),
            Gen.Choose(0xd800, 0xdfff).Select(c => ((char)c).ToString()),
            Gen.Choose(0x10000, 0x10ffff).Select(char.ConvertFromUtf32),
            Gen.Choose(0, 0xd7ff).Select(c => ((char)c).ToString()))).Select(string.Concat);

    private static void RoundTrips<T>(Func<T, bool>? filter = null) =>
        RoundTrips(
            new SerdeResolver([], options: null, reflection: false).Resolve<T>(),
            EqualityComparer<T>.Default.Equals,
            filter);

    private static void RoundTrips<T>(ISerde<T> serde, Func<T, T, bool> same, Func<T, bool>? filter = null) =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<T>().Filter(filter ?? (_ => true)),
            value => same(value, serde.RoundTrip(value))).QuickCheckThrowOnFailure();
}
