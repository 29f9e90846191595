using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace EmbeddedLog.Tests.Conventions;

/// <summary>Holds what the documentation says about options against what they do.</summary>
public sealed partial class DocumentedOptionsTests
{
    public static TheoryData<string> AllSettings => new(
        OptionsClasses.All
            .SelectMany(OptionsClasses.Settings)
            .Select(property => $"{property.DeclaringType!.Name}.{property.Name}"));

    [Theory]
    [MemberData(nameof(AllSettings))]
    public void Default_Documented_IsTheRealOne(string setting)
    {
        string[] parts = setting.Split('.');
        PropertyInfo property = Find(parts[0], parts[1]);

        string summary = XmlDocs.Summary(property);
        Match match = DefaultSentence().Match(summary);
        Assert.True(match.Success, $"The summary does not end with 'Default: ...': {summary}");

        object? actual = property.GetValue(Activator.CreateInstance(property.DeclaringType!));
        Assert.True(
            DocumentedValue.Means(match.Groups[1].Value, match.Groups[2].Value, actual),
            $"{parts[1]} is documented as '{match.Groups[1].Value}{match.Groups[2].Value}', "
            + $"but is '{actual ?? "null"}'.");
    }

    [Theory]
    [InlineData("5 minutes", "", true)]
    [InlineData("6 minutes", "", false)]
    public void Default_TheCheckItself_FindsOnlyWrongDocuments(string documented, string rest, bool expected) =>
        Assert.Equal(expected, DocumentedValue.Means(documented, rest, TimeSpan.FromMinutes(5)));

    [Theory]
    [InlineData("TopicOptions", "Partitions", 1, 65_536, "1 to 65,536")]
    [InlineData("TopicOptions", "SegmentBytes", 16 << 10, 1 << 30, "16 KiB to 1 GiB")]
    [InlineData("TopicOptions", "MaxRecordBytes", 1, (64 << 20) - 4_224, "1 to TopicOptions.SegmentBytes less 4,224")]
    [InlineData("CommitLogOptions", "MaxOpenSegments", 1, 32_768, "1 to 32,768")]
    [InlineData("CommitLogOptions", "ScrubBytesPerSecond", 64 << 10, 1L << 40, "64 KiB (65,536) to 1 TiB (1,099,")]
    [InlineData("ReadOnlyLogOptions", "MaxOpenSegments", 1, 32_768, "1 to 32,768")]
    [InlineData("ProducerOptions", "MaxInFlightBytes", 1, 1L << 40, "1 to 1 TiB (1,099,511,627,776)")]
    [InlineData("ForEachOptions", "MaxParallelism", 1, 10_000, "1 to 10,000")]
    [InlineData("ForEachOptions", "MaxRecordsInHand", 1, 1_000_000, "1 to 1,000,000")]
    [InlineData("ForEachOptions", "MaxBytesInHand", 1, 1L << 40, "1 to 1 TiB (1,099,511,627,776)")]
    [InlineData("RetryOptions", "MaxAttempts", 1, 1_000_000, "1 to 1,000,000")]
    [InlineData("RetryOptions", "BackoffMultiplier", 1, 100, "1 to 100")]
    [InlineData("BatchOptions", "MaxRecords", 1, 1_000_000, "1 to 1,000,000")]
    [InlineData("BatchOptions", "MaxBytes", 1, 1 << 30, "1 to 1 GiB (1,073,741,824)")]
    [InlineData("ConsumerOptions", "MaxBufferedRecords", 1, 1_000_000, "1 to 1,000,000")]
    public void Bounds_OfNumbers_AreThoseDocumented(string name, string setting, long min, long max, string documented)
    {
        PropertyInfo property = Find(name, setting);

        Assert.Contains(documented, XmlDocs.Summary(property), StringComparison.Ordinal);
        AssertBounds(property, [min, max], [min - 1, max + 1]);
    }

    [Theory]
    [InlineData("TopicOptions", "SegmentAge", "00:00:00.001", "36500.00:00:00", "1 ms to 36,500 days, or Timeout.")]
    [InlineData("TopicOptions", "FlushInterval", "00:00:00.001", "1.00:00:00", "1 ms to 1 day, or Timeout.")]
    [InlineData("TopicOptions", "MaxTimestampAhead", "00:00:00", "36500.00:00:00", "0 to 36,500 days, or Timeout.")]
    [InlineData("CommitLogOptions", "OwnerTimeout", "00:00:00", "1.00:00:00", "0 to 1 day, or Timeout.")]
    [InlineData("SalvageOptions", "OwnerTimeout", "00:00:00", "1.00:00:00", "0 to 1 day, or Timeout.")]
    [InlineData("CommitLogOptions", "RetentionCheckInterval", "00:00:00.001", "1.00:00:00", "1 ms to 1 day")]
    [InlineData("CommitLogOptions", "ScrubInterval", "00:00:01", "365.00:00:00", "1 second to 365 days")]
    [InlineData("CommitLogOptions", "OffsetsRetention", "00:01:00", "36500.00:00:00", "to 36,500 days, or Timeout.")]
    [InlineData("ReadOnlyLogOptions", "PollInterval", "00:00:00.001", "00:00:01", "1 ms to 1 second")]
    [InlineData("ReadOnlyLogOptions", "OffsetsRetention", "00:01:00", "36500.00:00:00", "to 36,500 days, or Timeout.")]
    [InlineData("ReadOnlyLogOptions", "OffsetsOwnerTimeout", "00:00:00", "1.00:00:00", "0 to 1 day, or Timeout.")]
    [InlineData("ForEachOptions", "CommitInterval", "00:00:00.001", "1.00:00:00", "1 ms to 1 day, or Timeout.")]
    [InlineData("ForEachOptions", "DrainTimeout", "00:00:00", "1.00:00:00", "0 to 1 day, or Timeout.")]
    [InlineData("RetryOptions", "Delay", "00:00:00", "1.00:00:00", "0 to 1 day")]
    [InlineData("RetryOptions", "MaxDelay", "00:00:00", "1.00:00:00", "0 to 1 day")]
    [InlineData("BatchOptions", "MaxWait", "00:00:00", "1.00:00:00", "0 to 1 day")]
    [InlineData("ConsumerOptions", "CommitInterval", "00:00:00.001", "1.00:00:00", "1 ms to 1 day, or Timeout.")]
    public void Bounds_OfTimes_AreThoseDocumented(
        string name, string setting, string min, string max, string documented)
    {
        PropertyInfo property = Find(name, setting);
        string summary = XmlDocs.Summary(property);
        var low = TimeSpan.Parse(min, CultureInfo.InvariantCulture);
        var high = TimeSpan.Parse(max, CultureInfo.InvariantCulture);
        bool infinite = documented.EndsWith("Timeout.", StringComparison.Ordinal);

        Assert.Contains(documented, summary, StringComparison.Ordinal);
        AssertBounds(property, [low, high], [low - TimeSpan.FromTicks(1), high + TimeSpan.FromTicks(1)]);
        AssertBounds<TimeSpan>(
            property, infinite ? [Timeout.InfiniteTimeSpan] : [], infinite ? [] : [Timeout.InfiniteTimeSpan]);
    }

    [Fact]
    public void Bounds_OfRetention_AreThoseDocumented()
    {
        string age = XmlDocs.Summary(Find("RetentionPolicy", "MaxAge"));
        string size = XmlDocs.Summary(Find("RetentionPolicy", "MaxBytesPerPartition"));
        Assert.Contains("At least 1 ms.", age, StringComparison.Ordinal);
        Assert.Contains("At least 1.", size, StringComparison.Ordinal);
        Check(new RetentionPolicy { MaxAge = TimeSpan.FromMilliseconds(1), MaxBytesPerPartition = 1 });
        Check(new RetentionPolicy { MaxAge = TimeSpan.MaxValue, MaxBytesPerPartition = long.MaxValue });
        Assert.Throws<ArgumentException>(() => Check(new RetentionPolicy { MaxAge = TimeSpan.FromTicks(9_999) }));
        Assert.Throws<ArgumentException>(() => Check(new RetentionPolicy { MaxBytesPerPartition = 0 }));

        static void Check(RetentionPolicy policy) => new TopicOptions { Retention = policy }.ValidatedCopy();
    }

    private static PropertyInfo Find(string name, string setting)
    {
        Type type = typeof(Durability).Assembly.GetType($"EmbeddedLog.{name}", throwOnError: true)!;
        return type.GetProperty(setting)!;
    }

    private static void AssertBounds<T>(PropertyInfo property, T[] good, T[] bad)
    {
        foreach (T value in good)
        {
            Validate(property, value);
        }

        foreach (T value in bad)
        {
            var exception = Assert.Throws<ArgumentException>(() => Validate(property, value));
            Assert.Matches($@"- (\w+\.)?{property.Name} is ", exception.Message);
        }
    }

    private static void Validate(PropertyInfo property, object? value)
    {
        object options = Activator.CreateInstance(property.DeclaringType!)!;
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(
            options, value is long number ? Convert.ChangeType(number, type, CultureInfo.InvariantCulture) : value);
        _ = options switch
        {
            TopicOptions topic => (object)topic.ValidatedCopy(),
            CommitLogOptions log => log.ValidatedCopy(),
            SalvageOptions salvage => salvage.ValidatedCopy(),
            ReadOnlyLogOptions reader => reader.ValidatedCopy(),
            ProducerOptions producer => producer.ValidatedCopy(),
            ForEachOptions each => each.ValidatedCopy(),
            RetryOptions retry => new ForEachOptions { Retry = retry }.ValidatedCopy(),
            BatchOptions batch => batch.ValidatedCopy(),
            ConsumerOptions consumer => consumer.ValidatedCopy("g"),
            _ => throw new InvalidOperationException($"Nothing validates {options.GetType()}."),
        };
    }

    [GeneratedRegex(@"Default: ((?:[^,(.]|[,.](?=\w))+)(.*)\.$")]
    private static partial Regex DefaultSentence();
}
