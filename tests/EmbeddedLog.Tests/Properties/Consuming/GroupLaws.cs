using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Consuming;

/// <summary>What holds for groups, whoever joins, leaves, gets stuck or is killed, in any interleaving.</summary>
public sealed class GroupLaws
{
    /// <summary>
    /// At no time do two members own a partition, unless one was stuck for longer than it may be, whose commits then
    /// fail and change nothing. Who gets a partition begins where the group has committed, and reads on in order. In
    /// the end every partition has an owner, nothing moves any more, the members have equally many to within one, and
    /// every record was handled.
    /// </summary>
    [Fact]
    public void PartitionsHaveOneOwnerAndNoRecordIsMissed() => Holds(200, mixed: false);

    /// <summary>The same where members read different topics.</summary>
    [Fact]
    public void PartitionsHaveOneOwnerWhereMembersReadDifferentTopics() => Holds(120, mixed: true);

    /// <summary>Members that commit a record before they handle it: none is handled twice.</summary>
    [Fact]
    public void RecordsCommittedBeforeTheyAreHandled_AreHandledAtMostOnce() => Holds(
        120, mixed: false, commitsFirst: true, except: [GroupStep.SeekBack, GroupStep.PowerLoss]);

    private static void Holds(int tests, bool mixed, bool commitsFirst = false, params GroupStep[] except) =>
        Check.One(
            LawRuns.Of(tests),
            Prop.ForAll(Arb.From(Programs(except), Shorter), program =>
            {
                using GroupModel model = new(program.Seed, mixed, commitsFirst ? 1 : program.CommitEvery, commitsFirst);
                foreach ((GroupStep step, int number) in program.Steps)
                {
                    model.Do(step, number);
                }

                model.Finish();
            }));

    private static Gen<(int Seed, int CommitEvery, (GroupStep Step, int Number)[] Steps)> Programs(
        GroupStep[] except) =>
        from seed in Gen.Choose(0, int.MaxValue)
        from every in Gen.Elements(1, 1, 2, 5)
        from steps in Gen.Zip(Gen.Frequency(
            (4, Gen.Constant(GroupStep.Append)),
            (6, Gen.Elements(Enum.GetValues<GroupStep>().Except([GroupStep.Kill, GroupStep.PowerLoss, .. except]))),
            (1, Gen.Constant(GroupStep.Join)),
            (1, Gen.Elements(new[] { GroupStep.Join, GroupStep.Kill, GroupStep.PowerLoss }.Except(except)))),
            Gen.Choose(0, 40)).ArrayOf()
        select (seed, every, steps.Select(step => (step.Item1, step.Item2)).ToArray());

    private static IEnumerable<(int Seed, int CommitEvery, (GroupStep Step, int Number)[] Steps)> Shorter(
        (int Seed, int CommitEvery, (GroupStep Step, int Number)[] Steps) program) =>
        Shrinking.DropSteps(program.Steps).Select(steps => (program.Seed, program.CommitEvery, steps));
}
