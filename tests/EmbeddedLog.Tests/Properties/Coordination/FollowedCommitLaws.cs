using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>
/// What holds for the commits of a group in a process that follows a log, whatever its owner, itself, the machine and
/// the device do.
/// </summary>
public sealed class FollowedCommitLaws
{
    /// <summary>Each step, and more often those without which nothing is read, committed and lost.</summary>
    private static readonly FollowedCommitStep[] s_steps =
    [
        .. Enum.GetValues<FollowedCommitStep>(),
        .. Enumerable.Repeat(FollowedCommitStep.Append, 3),
        .. Enumerable.Repeat(FollowedCommitStep.Read, 3),
        .. Enumerable.Repeat(FollowedCommitStep.CommitFinished, 2),
        FollowedCommitStep.CommitBack,
        .. Enumerable.Repeat(FollowedCommitStep.LoseRecords, 2),
    ];

    /// <summary>
    /// An acknowledged commit counts until it is replaced, through deaths of both processes, and a flushed one through
    /// losses of power; but only as far as its records are still there. So a group reads all records that there are,
    /// each once while its process lives.
    /// </summary>
    [Fact]
    public void CommittedOffset_CountsExactlyTheRecordsThatWereReadAndAreThere() =>
        Check.One(
            LawRuns.Of(150),
            Prop.ForAll(Arb.From(Programs(), Shorter), program =>
            {
                using FollowedCommitModel model = new(program.Seed);
                foreach ((FollowedCommitStep step, int count) in program.Steps)
                {
                    model.Do(step, count);
                }

                model.Do(FollowedCommitStep.PowerLoss, 0);
                model.Do(FollowedCommitStep.Read, int.MaxValue);
                model.Do(FollowedCommitStep.Append, 3);
                model.Do(FollowedCommitStep.Read, int.MaxValue);
            }));

    private static IEnumerable<(int Seed, (FollowedCommitStep Step, int Count)[] Steps)> Shorter(
        (int Seed, (FollowedCommitStep Step, int Count)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, steps));

    private static Gen<(int Seed, (FollowedCommitStep Step, int Count)[] Steps)> Programs() =>
        from seed in Gen.Choose(0, int.MaxValue)
        from steps in Gen.Zip(Gen.Elements(s_steps), Gen.Choose(1, 60)).ArrayOf()
        select (seed, steps.Select(step => (step.Item1, step.Item2)).ToArray());
}
