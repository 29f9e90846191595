using EmbeddedLog.Validation;

namespace EmbeddedLog.Tests.Validation;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("00:00:00", "0 s")]
    [InlineData("00:00:00.001", "1 ms")]
    [InlineData("00:00:00.0000001", "100 ns")]
    [InlineData("00:00:00.0000123", "12 us 300 ns")]
    [InlineData("00:00:01", "1 s")]
    [InlineData("01:00:00", "1 h")]
    [InlineData("1.00:00:00", "1 day")]
    [InlineData("7.00:00:00", "7 days")]
    [InlineData("36500.00:00:00", "36,500 days")]
    [InlineData("1.02:03:04.005", "1 day 2 h 3 min 4 s 5 ms")]
    [InlineData("-00:00:01", "-1 s")]
    [InlineData("-01:30:00", "-1 h 30 min")]
    [InlineData("-00:00:00.001", "infinite")]
    public void Duration_AnySpan_IsInUnitsAndExact(string span, string expected) =>
        Assert.Equal(expected, Units.Duration(TimeSpan.Parse(span, null)));

    [Fact]
    public void Duration_Extremes_AreInUnitsToo()
    {
        Assert.StartsWith("10,675,199 days", Units.Duration(TimeSpan.MaxValue), StringComparison.Ordinal);
        Assert.StartsWith("-10,675,199 days", Units.Duration(TimeSpan.MinValue), StringComparison.Ordinal);
        Assert.Equal("infinite", Units.Milliseconds(long.MaxValue));
        Assert.Equal("1 h", Units.Milliseconds(3_600_000));
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1_048_588, "1,048,588 bytes")]
    [InlineData(16 << 10, "16 KiB")]
    [InlineData(64 << 20, "64 MiB")]
    [InlineData(1L << 40, "1 TiB")]
    public void Size_AnyBytes_AreInTheLargestUnitThatIsWhole(long bytes, string expected) =>
        Assert.Equal(expected, Units.Size(bytes));
}
