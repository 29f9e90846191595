using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What holds for records that go to handlers, whatever these and the members of the group do.</summary>
public sealed class HandlingLaws
{
    /// <summary>
    /// No handler begins before that of the record before it has ended, of the same partition or key, unless that one
    /// was cancelled; no more handlers run, and no more records are in hand, than may; what is committed was handled,
    /// and all before it, and is never handed out again; and in the end every record was handled.
    /// </summary>
    [Fact]
    public void RecordsAreHandledInOrderAndCommittedWhenAllBeforeThemEnded() =>
        Check.One(
            LawRuns.Of(300),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                SynchronizationContext.SetSynchronizationContext(null);
                using HandlingModel model = new(program.Seed, OptionsOf(program.Kind), program.Kind % 3);
                foreach ((HandlingStep step, int number) in program.Steps)
                {
                    model.Do(step, number);
                }

                model.Finish();
            }));

    private static ForEachOptions OptionsOf(int kind) => new()
    {
        OrderBy = kind % 2 == 0 ? ProcessingOrder.Key : ProcessingOrder.Partition,
        MaxParallelism = 1 + (kind % 4),
        MaxRecordsInHand = kind % 5 == 0 ? 1 : kind % 7,
        OnFailure = (FailureAction)(kind / 4 % 3),
        DeadLetterTopic = "dead-letters",
        DrainTimeout = TimeSpan.FromSeconds(kind % 4 * 10),
        Retry = new RetryOptions { MaxAttempts = 1 + (kind % 3) },
    };

    private static Gen<(int Seed, int Kind, (HandlingStep Step, int Number)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from kind in Gen.Elements(Enumerable.Range(1, 100).Where(kind => kind % 7 > 0))
        from steps in Gen.Zip(Gen.Frequency(
            (8, Gen.Constant(HandlingStep.Append)),
            (5, Gen.Elements(Enum.GetValues<HandlingStep>())),
            (1, Gen.Constant(HandlingStep.Join))), Gen.Choose(0, 40)).ArrayOf()
        select (seed, kind, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static IEnumerable<(int Seed, int Kind, (HandlingStep Step, int Number)[] Steps)> Shorter(
        (int Seed, int Kind, (HandlingStep Step, int Number)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, program.Kind, steps));
}
