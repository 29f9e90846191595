namespace EmbeddedLog.Tests.Records;

public sealed class RetentionPolicyTests
{
    [Fact]
    public void Default_IsKafkas()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(604_800_000), RetentionPolicy.Default.MaxAge);
        Assert.Null(RetentionPolicy.Default.MaxBytesPerPartition);
    }

    [Fact]
    public void KeepForever_HasNoLimit()
    {
        Assert.Null(RetentionPolicy.KeepForever.MaxAge);
        Assert.Null(RetentionPolicy.KeepForever.MaxBytesPerPartition);
    }

    [Fact]
    public void Equals_SameLimits_IsEqual()
    {
        var policy = new RetentionPolicy { MaxAge = TimeSpan.FromDays(1), MaxBytesPerPartition = 5 };

        Assert.Equal(policy, new RetentionPolicy { MaxAge = TimeSpan.FromHours(24), MaxBytesPerPartition = 5 });
        Assert.NotEqual(policy, policy with { MaxBytesPerPartition = 6 });
        Assert.NotEqual(policy, policy with { MaxAge = null });
    }

    public static TheoryData<TimeSpan?, long?, string> Texts => new()
    {
        { null, null, "keep for ever" },
        { TimeSpan.FromDays(7), 256L << 20, "7 days, 256 MiB per partition" },
        { TimeSpan.FromDays(1), null, "1 day" },
        { TimeSpan.FromHours(36), null, "1 day 12 h" },
        { TimeSpan.FromMinutes(90), null, "1 h 30 min" },
        { TimeSpan.FromSeconds(1), null, "1 s" },
        { TimeSpan.FromMilliseconds(1_500), null, "1 s 500 ms" },
        { null, 1_000, "1,000 bytes per partition" },
        { null, 1L << 30, "1 GiB per partition" },
        { null, 3L << 50, "3,072 TiB per partition" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void ToString_Limits_AreInWords(TimeSpan? age, long? bytes, string expected) =>
        Assert.Equal(expected, new RetentionPolicy { MaxAge = age, MaxBytesPerPartition = bytes }.ToString());
}
