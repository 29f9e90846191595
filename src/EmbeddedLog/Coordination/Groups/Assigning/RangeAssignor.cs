namespace EmbeddedLog.Coordination.Groups.Assigning;

/// <summary>Shares each topic by itself, in ranges; see <see cref="GroupAssignor.Range"/>.</summary>
internal static class RangeAssignor
{
    /// <summary>The owners by topic and partition.</summary>
    public static int[][] Assign(AssignmentInput input)
    {
        int[][] owners = [.. input.Owners.Select(topic => topic.Select(Kept).ToArray())];
        int[][] members = input.MembersByTopic();
        for (int topic = 0; topic < owners.Length; topic++)
        {
            if (members[topic].Length > 0)
            {
                Share(owners[topic], members[topic]);
            }
        }

        return owners;
    }

    private static int Kept(int owner) => owner == AssignmentInput.Fixed ? owner : AssignmentInput.Nobody;

    private static void Share(int[] owners, int[] members)
    {
        (int each, int rest) = Math.DivRem(owners.Length, members.Length);
        int next = 0;
        for (int i = 0; i < members.Length; i++)
        {
            int end = next + each + (i < rest ? 1 : 0);
            for (; next < end; next++)
            {
                if (owners[next] != AssignmentInput.Fixed)
                {
                    owners[next] = members[i];
                }
            }
        }
    }
}
