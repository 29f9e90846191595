using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What holds for consumers whatever is appended, read, committed, moved and lost.</summary>
public sealed class ConsumerLaws
{
    /// <summary>
    /// What comes next of a partition is always the first record that is not finished, whatever was read, left by a
    /// break, an exception or a cancellation, finished, committed, skipped or moved before: so what is not finished is
    /// handed out again, what is finished is not, and the order of a partition holds. A consumer that follows another
    /// one begins exactly where its group has committed. A record that cannot be read comes next until it is passed,
    /// and keeps no other partition from being read, of one topic or of three.
    /// </summary>
    [Fact]
    public void WhatIsNotFinishedIsHandedOutAgainAndNothingElse() =>
        Holds(300, Enum.GetValues<ConsumerStep>().Except([ConsumerStep.Kill, ConsumerStep.PowerLoss]));

    /// <summary>
    /// As before, with the few steps that finish what a read has taken out of what an earlier one left.
    /// </summary>
    [Fact]
    public void WhatIsFinishedWhileItWaitsIsNotHandedOutAgain() =>
        Holds(
            200,
            [
                ConsumerStep.Append, ConsumerStep.Read, ConsumerStep.ReadBatches, ConsumerStep.FinishRecord,
                ConsumerStep.CommitOffset,
            ]);

    /// <summary>
    /// As before, with the few steps that let retention remove what waits to be handed out again.
    /// </summary>
    [Fact]
    public void WhatIsNotFinishedIsHandedOutAgainWhateverRetentionRemoves() =>
        Holds(
            200,
            [
                ConsumerStep.Append, ConsumerStep.Read, ConsumerStep.ReadBatches, ConsumerStep.ReadToEndAndAct,
                ConsumerStep.Pause, ConsumerStep.Resume, ConsumerStep.Retain,
            ]);

    /// <summary>With crashes: as before, and every record of the log is handed out at least once in the end.</summary>
    [Fact]
    public void EveryRecordIsHandedOutAtLeastOnceWhateverCrashes() =>
        Holds(300, Enum.GetValues<ConsumerStep>());

    private static void Holds(int tests, IEnumerable<ConsumerStep> steps) =>
        Check.One(
            LawRuns.Of(tests),
            Prop.ForAll(Arb.From(Programs([.. steps]), Shorter), program =>
            {
                using ConsumerModel model = new(program.Seed, program.Topics);
                foreach ((ConsumerStep step, int number) in program.Steps)
                {
                    model.Do(step, number);
                }

                model.Finish();
            }));

    private static Gen<(int Seed, int Topics, (ConsumerStep Step, int Number)[] Steps)> Programs(ConsumerStep[] all) =>
        from seed in Gen.Choose(0, int.MaxValue)
        from topics in Gen.Choose(1, 3)
        from steps in Gen.Zip(Gen.Elements(all), Gen.Choose(0, 40)).ArrayOf()
        select (seed, topics, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static IEnumerable<(int Seed, int Topics, (ConsumerStep Step, int Number)[] Steps)> Shorter(
        (int Seed, int Topics, (ConsumerStep Step, int Number)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, program.Topics, steps));
}
