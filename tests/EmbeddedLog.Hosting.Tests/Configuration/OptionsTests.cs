using EmbeddedLog.Hosting.Tests.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EmbeddedLog.Hosting.Tests.Configuration;

public sealed class OptionsTests
{
    [Fact]
    public async Task Start_WithManyFaults_TellsAllWithTheirPaths()
    {
        await using TestHost host = new();
        host.AddLog(
            ("EmbeddedLog:OwnerTimeout", "30"),
            ("EmbeddedLog:MaxOpenSegmants", "5"),
            ("EmbeddedLog:Access", "World"),
            ("EmbeddedLog:Topics:orders:Partitions", "many"),
            ("EmbeddedLog:Topics:orders:Retention:MaxAge", "7"),
            ("EmbeddedLog:Topics:orders:Partitioner", "mine"),
            ("EmbeddedLog:Topics:orders:Retention:Unknown", "1"),
            ("EmbeddedLog:Handlers:billing:Retry:MaxAttempts", "x"),
            ("EmbeddedLog:Health:MinFreeBytes:Nested", "1"));

        OptionsValidationException thrown =
            await Assert.ThrowsAsync<OptionsValidationException>(() => host.Built.StartAsync());

        Assert.Equal(
            [
                "EmbeddedLog:Access is 'World' but must be one of Owner, Group.",
                "EmbeddedLog:Handlers:billing:Retry:MaxAttempts is 'x' but must be a whole number up to 2,147,483,647.",
                "EmbeddedLog:Health:MinFreeBytes is a section but must be a value.",
                "EmbeddedLog:MaxOpenSegmants is unknown: did you mean MaxOpenSegments?",
                "EmbeddedLog:OwnerTimeout is '30' but must be a time such as 00:00:30 for 30 seconds, "
                    + "or 7.00:00:00 for 7 days.",
                "EmbeddedLog:Topics:orders:Partitioner can be set in code only: remove it from the configuration.",
                "EmbeddedLog:Topics:orders:Partitions is 'many' but must be a whole number up to 2,147,483,647.",
                "EmbeddedLog:Topics:orders:Retention:MaxAge is '7' but must be a time such as 00:00:30 for 30 seconds, "
                    + "or 7.00:00:00 for 7 days.",
                "EmbeddedLog:Topics:orders:Retention:Unknown is unknown: the keys are MaxAge, MaxBytesPerPartition.",
            ],
            thrown.Failures.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Start_WithValuesOutOfBounds_TellsAllWithTheirPaths()
    {
        await using TestHost host = new();
        host.AddLog(
                ("EmbeddedLog:MaxOpenSegments", "0"),
                ("EmbeddedLog:Topics:orders:Partitions", "0"),
                ("EmbeddedLog:Handlers:billing:Retry:MaxAttempts", "0"),
                ("EmbeddedLog:Handlers:billing:DeadLetterTopic", "orders"),
                ("EmbeddedLog:Handlers:biling:MaxParallelism", "1"))
            .AddTopic("orders")
            .AddHandler<string, string>("orders", "billing", (_, _, _) => ValueTask.CompletedTask)
            .AddHandler<string, string>("orders", "billing", (_, _, _) => ValueTask.CompletedTask);

        OptionsValidationException thrown =
            await Assert.ThrowsAsync<OptionsValidationException>(() => host.Built.StartAsync());

        string[] starts =
        [
            "EmbeddedLog:MaxOpenSegments is 0 but must be from 1 to 32,768 segments",
            "EmbeddedLog:Topics:orders:Partitions is 0 but must be from 1",
            "EmbeddedLog:Handlers:billing:Retry:MaxAttempts is 0 but must be from 1",
            "EmbeddedLog:Handlers:billing:DeadLetterTopic is 'orders', which the handler reads",
            "EmbeddedLog:Handlers:biling is unknown: the handlers are billing",
            "EmbeddedLog:Handlers:billing was added 2 times",
        ];
        Assert.All(starts, start => Assert.Contains(
            thrown.Failures, failure => failure.StartsWith(start, StringComparison.Ordinal)));
        Assert.Equal(starts.Length, thrown.Failures.Count());
    }

    [Fact]
    public async Task Start_WithoutASection_SaysWhichIsMissing()
    {
        await using TestHost host = new();
        Microsoft.Extensions.Hosting.EmbeddedLogHostApplicationBuilderExtensions.AddEmbeddedLog(host.Builder, "Orders");

        OptionsValidationException thrown =
            await Assert.ThrowsAsync<OptionsValidationException>(() => host.Built.StartAsync());

        Assert.StartsWith("Orders is missing", Assert.Single(thrown.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_OfCodeAndConfiguration_AreThoseOfTheConfigurationWhereItHasThem()
    {
        await using TestHost host = new();
        host.AddLog(
                ("EmbeddedLog:Directory", "elsewhere"),
                ("EmbeddedLog:Topics:orders:Partitions", "3"),
                ("EmbeddedLog:Topics:orders:Retention:MaxAge", "1.00:00:00"),
                ("EmbeddedLog:Topics:more:SegmentBytes", "65536"),
                ("EmbeddedLog:Handlers:BILLING:MaxParallelism", "2"),
                ("EmbeddedLog:Handlers:billing:Retry:Delay", "00:00:05"),
                ("EmbeddedLog:Handlers:billing:OnFailure", "skip"),
                ("EmbeddedLog:Handlers:billing:MaxLag", "100"),
                ("EmbeddedLog:Health:MinFreeBytes", "0"))
            .AddTopic("orders", topic =>
            {
                topic.Partitions = 8;
                topic.FlushInterval = TimeSpan.FromSeconds(2);
                topic.Retention = new RetentionPolicy { MaxAge = null, MaxBytesPerPartition = 1 << 20 };
            })
            .AddHandler<string, string>("orders", "billing", (_, _, _) => ValueTask.CompletedTask, options =>
            {
                options.MaxParallelism = 4;
                options.Retry.MaxAttempts = 5;
            });
        await host.StartAsync();

        EmbeddedLogOptions options = host.Get<IOptionsMonitor<EmbeddedLogOptions>>().Get("EmbeddedLog");
        CommitLog log = host.Get<CommitLog>();
        HandlerOptions handler = Assert.Single(options.Handlers).Value;
        Assert.Equal(Path.Combine(host.Root, "elsewhere"), log.Directory);
        Assert.Equal(["more", "orders"], log.Topics.Select(topic => topic.Name));
        Assert.Equal(3, log.GetTopic("orders").PartitionCount);
        Assert.Equal(TimeSpan.FromSeconds(2), log.GetTopic("orders").Options.FlushInterval);
        Assert.Equal(
            new RetentionPolicy { MaxAge = TimeSpan.FromDays(1), MaxBytesPerPartition = 1 << 20 },
            log.GetTopic("orders").Options.Retention);
        Assert.Equal(65_536, log.GetTopic("more").Options.SegmentBytes);
        Assert.Equal(
            (2, 5, TimeSpan.FromSeconds(5)),
            (handler.MaxParallelism, handler.Retry.MaxAttempts, handler.Retry.Delay));
        Assert.Equal(FailureAction.Skip, handler.OnFailure);
        Assert.Equal(100, handler.MaxLag);
        Assert.Equal(0, options.Health.MinFreeBytes);
    }

    [Fact]
    public async Task Start_WithATopicOfAnotherNumberOfPartitions_TellsBoth()
    {
        await using TestHost first = new();
        first.AddLog().AddTopic("orders", topic => topic.Partitions = 4);
        await first.StartAsync();
        await first.StopAsync();
        await using TestHost second = new(first.Root);
        second.AddLog().AddTopic("orders", topic => topic.Partitions = 8);

        TopicConflictException thrown =
            await Assert.ThrowsAsync<TopicConflictException>(() => second.Built.StartAsync());

        Assert.Contains("orders", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("4", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("8", thrown.Message, StringComparison.Ordinal);
    }
}
