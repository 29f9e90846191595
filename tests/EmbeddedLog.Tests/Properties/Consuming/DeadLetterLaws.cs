using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What holds for records that cannot be handled, wherever the process or the machine dies.</summary>
public sealed class DeadLetterLaws
{
    /// <summary>
    /// Of all records below what is committed, each was handled, or is among the dead letters with its own bytes; after
    /// a crash at any step as well. Dead letters of one key, or of one partition, come in the order of their records. A
    /// crash may leave one twice, and loses none.
    /// </summary>
    [Fact]
    public void EveryCommittedRecordWasHandledOrIsADeadLetter() =>
        Check.One(
            LawRuns.Of(300),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                SynchronizationContext.SetSynchronizationContext(null);
                using DeadLetterModel model = new(program.Seed, program.Kind);
                foreach ((DeadLetterStep step, int number) in program.Steps)
                {
                    model.Do(step, number);
                }

                model.Finish();
            }));

    private static Gen<(int Seed, int Kind, (DeadLetterStep Step, int Number)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from kind in Gen.Choose(0, 100)
        from steps in Gen.Zip(Gen.Frequency(
            (4, Gen.Constant(DeadLetterStep.Append)),
            (4, Gen.Constant(DeadLetterStep.Work)),
            (3, Gen.Elements(Enum.GetValues<DeadLetterStep>()))), Gen.Choose(0, 40)).ArrayOf()
        select (seed, kind, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static IEnumerable<(int Seed, int Kind, (DeadLetterStep Step, int Number)[] Steps)> Shorter(
        (int Seed, int Kind, (DeadLetterStep Step, int Number)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, program.Kind, steps));
}
