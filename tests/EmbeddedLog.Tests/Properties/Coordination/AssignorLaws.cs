using EmbeddedLog.Coordination.Groups.Assigning;
using EmbeddedLog.Tests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Properties.Coordination;

/// <summary>What holds for every assignment, whoever subscribes to what and had what before.</summary>
public sealed class AssignorLaws
{
    /// <summary>
    /// Each partition that somebody reads has one owner, who reads it; what was chosen by hand has none.
    /// </summary>
    [Fact]
    public void EveryPartitionThatIsReadHasAnOwnerThatReadsIt() => Holds(Inputs(sameTopics: false), input =>
    {
        foreach (int[][] owners in new[] { UniformAssignor.Assign(input), RangeAssignor.Assign(input) })
        {
            for (int topic = 0; topic < owners.Length; topic++)
            {
                bool isRead = input.Subscriptions.Any(each => each.Contains(topic));
                for (int i = 0; i < owners[topic].Length; i++)
                {
                    int owner = owners[topic][i];
                    Assert.Equal(input.Owners[topic][i] == AssignmentInput.Fixed, owner == AssignmentInput.Fixed);
                    Assert.True(owner == AssignmentInput.Fixed || isRead == (owner >= 0));
                    Assert.True(owner < 0 || input.Subscriptions[owner].Contains(topic));
                }
            }
        }
    });

    /// <summary>Uniform, with equal subscriptions: nobody has two more than another.</summary>
    [Fact]
    public void UniformIsBalancedToWithinOne() => Holds(Inputs(sameTopics: true), input =>
    {
        int[] loads = Loads(UniformAssignor.Assign(input), input.MemberCount);

        Assert.InRange(loads.Max() - loads.Min(), 0, 1);
    });

    /// <summary>
    /// Uniform, with equal subscriptions: a partition moves only from who has more than its share, and no more of them
    /// than the balance requires.
    /// </summary>
    [Fact]
    public void UniformMovesNoMoreThanBalanceRequires() => Holds(Inputs(sameTopics: true), input =>
    {
        int[][] before = input.CopyOwners();
        int[][] after = UniformAssignor.Assign(input);
        int kept = before.Zip(after).Sum(topic => topic.First.Zip(topic.Second).Count(
            each => each.First >= 0 && each.First == each.Second));

        int total = after.Sum(topic => topic.Count(owner => owner >= 0));
        (int low, int higher) = Math.DivRem(total, input.MemberCount);
        int[] had = Loads(before, input.MemberCount);
        int most = had.Sum(each => Math.Min(each, low)) + Math.Min(higher, had.Count(each => each > low));
        Assert.Equal(most, kept);
    });

    /// <summary>What an assignor has given it gives again.</summary>
    [Fact]
    public void NothingMovesWhereNothingHasChanged() => Holds(Inputs(sameTopics: false), input =>
    {
        int[][] once = UniformAssignor.Assign(input);
        int[][] twice = UniformAssignor.Assign(input with { Owners = once });

        Assert.Equal(once, twice);
    });

    /// <summary>Uniform, with any subscriptions: no single move makes the loads more even.</summary>
    [Fact]
    public void UniformCannotBeMadeMoreEvenByOneMove() => Holds(Inputs(sameTopics: false), input =>
    {
        int[][] owners = UniformAssignor.Assign(input);
        int[] loads = Loads(owners, input.MemberCount);
        for (int topic = 0; topic < owners.Length; topic++)
        {
            foreach (int owner in owners[topic].Where(owner => owner >= 0))
            {
                Assert.All(
                    Enumerable.Range(0, loads.Length).Where(each => input.Subscriptions[each].Contains(topic)),
                    each => Assert.True(loads[owner] - loads[each] < 2));
            }
        }
    });

    private static void Holds(Gen<AssignmentInput> inputs, Action<AssignmentInput> law) =>
        Check.One(LawRuns.Of(500), Prop.ForAll(Arb.From(inputs), law));

    private static int[] Loads(int[][] owners, int members)
    {
        int[] loads = new int[members];
        foreach (int owner in owners.SelectMany(topic => topic).Where(owner => owner >= 0))
        {
            loads[owner]++;
        }

        return loads;
    }

    /// <summary>Up to 7 members of up to 4 topics with up to 12 partitions, assigned in any way before.</summary>
    private static Gen<AssignmentInput> Inputs(bool sameTopics) =>
        from members in Gen.Choose(1, 7)
        from topics in Gen.Choose(1, 4)
        from counts in Gen.Choose(1, 12).ArrayOf(topics)
        from reads in Gen.Elements(true, true, false).ArrayOf(topics * members)
        from owners in Gen.Choose(-2, members - 1).ArrayOf(counts.Sum())
        select new AssignmentInput(
            [
                .. Enumerable.Range(0, members).Select(member => Enumerable.Range(0, topics)
                    .Where(topic => sameTopics || reads[(member * topics) + topic]).ToArray()),
            ],
            [.. counts.Select((count, topic) => owners.AsSpan(counts[..topic].Sum(), count).ToArray())]);
}
