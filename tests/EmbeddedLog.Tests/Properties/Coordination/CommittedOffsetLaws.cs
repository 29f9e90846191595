using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>What holds for committed offsets whatever is appended, flushed, committed and lost.</summary>
public sealed class CommittedOffsetLaws
{
    /// <summary>
    /// After every opening, a group continues within what is durable, and has read every record that it continues
    /// behind: one that took the offset of a lost record is not counted as read.
    /// </summary>
    [Fact]
    public void CommittedOffsetNeverCountsRecordsThatWereNotRead() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(400),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                using CommitModel model = new(program.Seed);
                foreach ((CommitStep step, int count) in program.Steps)
                {
                    model.Do(step, count);
                }

                model.Do(CommitStep.PowerLoss, 0);
            }));

    private static IEnumerable<(int Seed, (CommitStep Step, int Count)[] Steps)> Shorter(
        (int Seed, (CommitStep Step, int Count)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, steps));

    private static Gen<(int Seed, (CommitStep Step, int Count)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from steps in Gen.Zip(Gen.Elements(Enum.GetValues<CommitStep>()), Gen.Choose(1, 60)).ArrayOf()
        select (seed, steps.Select(step => (step.Item1, step.Item2)).ToArray());
}
