using EmbeddedLog.Partitions;
using EmbeddedLog.Testing.Simulation;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties;

/// <summary>
/// What a record costs in the log beside its own bytes, and that any record comes back as it went in.
/// </summary>
public sealed class FrameLaws
{
    [Fact]
    public void ARecordWithAShortKeyTakesAtMost32BytesBesideKeyAndValue()
    {
        using SimulatedPlatform machine = new(seed: 1);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(64 << 20));
        Prop.ForAll(Gen.Choose(-1, 126).ToArbitrary(), Gen.Choose(-1, 5_000).ToArbitrary(), (keyLength, valueLength) =>
        {
            byte[] key = new byte[Math.Max(keyLength, 0)];
            byte[] value = new byte[Math.Max(valueLength, 0)];
            RawRecord record = new()
            {
                Key = key,
                HasKey = keyLength >= 0,
                Value = value,
                IsTombstone = valueLength < 0,
                Timestamp = RawRecord.NoTimestamp,
            };
            long before = log.Writer.TailPosition == 0 ? 4096 : log.Writer.TailPosition;
            log.Append(record, out _);
            return log.Writer.TailPosition - before - key.Length - value.Length is > 0 and <= 32;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
        machine.Run(fixture.DisposeAsync());
    }

    [Fact]
    public void AnyRecordComesBackAsItWentIn()
    {
        using SimulatedPlatform machine = new(seed: 2);
        PartitionFixture fixture = new(machine.Platform, "/");
        PartitionLog log = fixture.Open(settings: PartitionFixture.Settings(16 << 20));
        Gen<byte[]> bytes = Gen.Sized(size => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value)));
        Gen<long> timestamps = Gen.Choose(int.MinValue, int.MaxValue).Select(value => value * 60_000L);
        Prop.ForAll(bytes.ToArbitrary(), bytes.ToArbitrary(), timestamps.ToArbitrary(), (key, value, timestamp) =>
        {
            Header[] headers = [.. key.Take(3).Select(each => new Header($"{each}", value))];
            long offset = log.Append(
                new RawRecord(key, value) { Timestamp = timestamp, Headers = headers }, out _);
            using PartitionScan scan = log.Scan(offset);
            return scan.TryRead(out RecordView read)
                && read.Offset == offset && read.Timestamp == timestamp
                && read.Key.SequenceEqual(key) && read.Value.SequenceEqual(value)
                && read.Headers.ToHeaders().SequenceEqual(headers);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
        machine.Run(fixture.DisposeAsync());
    }
}
