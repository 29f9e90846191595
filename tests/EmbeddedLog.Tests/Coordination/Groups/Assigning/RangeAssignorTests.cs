using EmbeddedLog.Coordination.Groups.Assigning;

namespace EmbeddedLog.Tests.Coordination.Groups.Assigning;

/// <summary>The inputs of Kafka's published tests of its range assignor, with what that gives for them.</summary>
public sealed class RangeAssignorTests
{
    /// <param name="partitions">How many partitions each topic has: <c>3 2</c>.</param>
    /// <param name="subscriptions">The topics of each member: <c>0;0 1;0</c>.</param>
    /// <param name="expected">What each member gets: <c>0-0;0-1 1-0 1-1;0-2</c>.</param>
    [Theory]
    [InlineData("", "", "")] // One consumer without a topic.
    [InlineData("3", "0", "0-0 0-1 0-2")] // One consumer, one topic.
    [InlineData("3 3", "0", "0-0 0-1 0-2")] // Only topics of the subscription.
    [InlineData("1 2", "0 1", "0-0 1-0 1-1")] // One consumer, several topics.
    [InlineData("1", "0;0", "0-0;")] // Two consumers, one topic, one partition.
    [InlineData("2", "0;0", "0-0;0-1")] // Two consumers, one topic, two partitions.
    [InlineData("3 2", "0;0 1;0", "0-0;0-1 1-0 1-1;0-2")] // Several consumers, mixed topics.
    [InlineData("3 3", "0 1;0 1", "0-0 0-1 1-0 1-1;0-2 1-2")] // Two consumers, two topics, six partitions.
    [InlineData("6 6", "0 1;0 1;0 1", "0-0 0-1 1-0 1-1;0-2 0-3 1-2 1-3;0-4 0-5 1-4 1-5")] // Topics shared alike.
    [InlineData("5", "0;0;0", "0-0 0-1;0-2 0-3;0-4")]
    public void Assign_KafkasCases_GivesWhatKafkaGives(string partitions, string subscriptions, string expected)
    {
        int[][] owners = [.. Numbers(partitions).Select(Unowned)];
        AssignmentInput input = new([.. subscriptions.Split(';').Select(Numbers)], owners);

        int[][] assigned = RangeAssignor.Assign(input);

        Assert.Equal(expected, Text(assigned, input.MemberCount));
    }

    [Fact]
    public void Assign_WhatWasChosenByHand_StaysOut()
    {
        AssignmentInput input = new([[0], [0]], [[AssignmentInput.Fixed, -1, -1, AssignmentInput.Fixed]]);

        Assert.Equal([-2, 0, 1, -2], RangeAssignor.Assign(input)[0]);
    }

    private static int[] Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => int.Parse(each, null))];

    private static int[] Unowned(int count) => [.. Enumerable.Repeat(AssignmentInput.Nobody, count)];

    private static string Text(int[][] owners, int members) => string.Join(
        ';',
        Enumerable.Range(0, members).Select(member => string.Join(
            ' ',
            owners.SelectMany((topic, number) => topic.Select((owner, i) => (owner, Text: $"{number}-{i}")))
                .Where(each => each.owner == member).Select(each => each.Text))));
}
