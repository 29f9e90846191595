using EmbeddedLog.Testing.FsCheck;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Testing.Tests.Programs;

public sealed class LogProgramTests
{
    private const int Runs = 200;

    private static readonly Law s_once = Law.EffectivelyOnce((Order order) => order.Id);

    [Fact]
    public void Satisfies_AGoodHandler_HoldsOnAllPrograms() =>
        Programs().Run(sink => async (record, token) => await sink.TryAddAsync(record.Value.Id, record.Value, token))
            .Satisfies(Law.PerKeyOrder, Law.AtLeastOnce, s_once, Law.NoLoss, Law.BoundedLag(int.MaxValue))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));

    [Fact]
    public void Satisfies_AGoodHandlerThatWaitsInBothWays_HoldsOnAllPrograms() =>
        Programs().Run(sink => async (record, token) =>
            {
                await Task.Yield();
                await sink.TryAddAsync(record.Value.Id, record.Value, token).ConfigureAwait(false);
            })
            .Satisfies(Law.PerKeyOrder, s_once)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs / 4));

    [Fact]
    public void Satisfies_DeadLetters_AccountForWhatIsMissing() =>
        Programs(failures: false).Run(
                sink => async (record, token) => await (record.Value.Id % 3 == 0
                    ? throw new InvalidDataException("It cannot be handled.")
                    : sink.AddAsync(record.Value, token)),
                new ForEachOptions { OnFailure = FailureAction.DeadLetter, DeadLetterTopic = "dead-letters" })
            .Satisfies(Law.DeadLettersAccountForWhatIsMissing, Law.PerKeyOrder)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs / 4));

    [Fact]
    public void Satisfies_AHandlerThatIsNotIdempotent_IsFoundAndShrunkToTheShortest()
    {
        string failure = FindFailure(
            Programs().Run(sink => async (record, token) => await sink.AddAsync(record.Value, token))
                .Satisfies(s_once));

        Assert.Contains("EffectivelyOnce does not hold", failure, StringComparison.Ordinal);
        Assert.InRange(StepsOf(ReplayOf(failure)), 2, 4);
    }

    [Fact]
    public void Replay_OfAFailure_IsTheSameTenTimesOutOfTen()
    {
        LogProgramRun<string, Order> run = Programs().Run(
            sink => async (record, token) => await sink.AddAsync(record.Value, token));
        string program = ReplayOf(FindFailure(run.Satisfies(s_once)));

        string[] failures =
        [
            .. Enumerable.Range(0, 10).Select(_ => BrokenBy(() => run.Replay(program).Satisfies(s_once)
                .Check(Config.QuickThrowOnFailure.WithMaxTest(1)))),
        ];

        Assert.Single(failures.Distinct());
    }

    [Fact]
    public void Replay_OfANotedProgram_FailsOnEveryMachineAsItFailedOnTheFirst()
    {
        LogProgramRun<string, Order> run = Programs().Run(
            sink => async (record, token) => await sink.AddAsync(record.Value, token));

        LawViolationException broken = Assert.Throws<LawViolationException>(
            () => run.Play(FsCheck.Programs.LogProgram.Parse("808226410 s0 k0"), [s_once]));

        Assert.Equal(
            """
            EffectivelyOnce does not hold for group 'group'.
            expected: 0 is handled exactly once
               found: it was handled 2 times
              #1 00:00:00.000 Sent key-0 = Order { Id = 0, Customer = key-0 } (to topic)
              #5 00:00:00.000 HandedOut topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #6 00:00:00.000 Effect topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #7 00:00:00.000 Finished topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #8 00:00:00.000 Acknowledged topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } (flushed)
              #9 00:00:24.685 Crashed (kill)
              #16 00:00:24.685 HandedOut topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #17 00:00:24.685 Effect topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #18 00:00:24.685 Finished topic-1@0 key-0 = Order { Id = 0, Customer = key-0 } by member-0 of group
              #19 00:00:25.685 Committed topic-1@1 of group
              #27 00:00:25.685 Ended
                seed: 808226410
            """,
            broken.Message);
    }

    [Theory]
    [InlineData("", "it must begin with its seed")]
    [InlineData("j0 s1", "it must begin with its seed")]
    [InlineData("17 s1 x3", "'x3' in '17 s1 x3' is no step")]
    [InlineData("17 s", "'s' in '17 s' is no step")]
    public void Replay_WhatIsNoProgram_SaysWhy(string program, string expected) => Assert.Contains(
        expected,
        Assert.Throws<FormatException>(
            () => Programs().RunService((_, _) => Task.CompletedTask).Replay(program)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Satisfies_CodeThatLeavesTheScheduler_FailsByName()
    {
        string failure = FindFailure(Programs().Run(sink => LeaveAsync).Satisfies(Law.AtLeastOnce));

        Assert.Contains(
            $"{nameof(LogProgramTests)}.{nameof(LeaveAsync)}, called for", failure, StringComparison.Ordinal);

        static async ValueTask LeaveAsync(Record<string, Order> record, CancellationToken token) =>
            await Task.Run(() => { }, token);
    }

    [Fact]
    public void Satisfies_AServiceThatNeverCommits_SaysThatItIsBehind()
    {
        string failure = FindFailure(Programs().RunService(async (context, stop) =>
        {
            await using IConsumer<string, Order> consumer = context.CreateConsumer();
            await foreach (Record<string, Order> record in consumer.ReadAllAsync(stop))
            {
                await context.Sink.TryAddAsync(record.Value.Id, record.Value, stop);
            }
        }).Satisfies(s_once));

        Assert.Contains("Group 'group' is 1 records behind", failure, StringComparison.Ordinal);
    }

    [Fact]
    public void For_NoValues_TakesThemFromFsCheck() =>
        LogPrograms.For<int, string>(members: 1, crashes: true)
            .Run(sink => async (record, token) => await sink.AddAsync(record.Value, token))
            .Satisfies(Law.AtLeastOnce, Law.NoLoss)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    private static LogPrograms<string, Order> Programs(bool failures = true) => LogPrograms.For<string, Order>(
        crashes: true, rebalances: true, failures: failures, value: (key, number) => new Order(number, key));

    private static string FindFailure(Property property) =>
        Assert.ThrowsAny<Exception>(() => property.Check(Config.QuickThrowOnFailure.WithMaxTest(Runs))).Message;

    private static string BrokenBy(Action check)
    {
        string message = Assert.ThrowsAny<Exception>(check).Message;
        return message[message.IndexOf("does not hold", StringComparison.Ordinal)..];
    }

    /// <summary>The program that a failure ends with.</summary>
    private static string ReplayOf(string failure)
    {
        string last = failure.Split(".Replay(\"")[^1];
        return last[..last.IndexOf('"', StringComparison.Ordinal)];
    }

    private static int StepsOf(string program) => program.Split(' ').Length - 1;
}
