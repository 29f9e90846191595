namespace EmbeddedLog.Coordination.Groups.Assigning;

/// <summary>
/// Shares all topics together, evenly, and leaves partitions where they are as far as that allows; see
/// <see cref="GroupAssignor.Uniform"/>.
/// </summary>
internal static class UniformAssignor
{
    /// <summary>The owners by topic and partition.</summary>
    public static int[][] Assign(AssignmentInput input)
    {
        Shares shares = new(input);
        if (input.MemberCount == 0)
        {
            return shares.Owners;
        }

        if (input.IsHomogeneous)
        {
            ShareEvenly(shares, input);
        }
        else
        {
            shares.AssignFree();
            shares.Balance();
        }

        return shares.Owners;
    }

    /// <summary>
    /// Members with the same topics: each keeps what it has up to its quota, and what is free fills the others up. The
    /// quotas that are one higher go to members that have as much already, so that no partition moves for them.
    /// </summary>
    private static void ShareEvenly(Shares shares, AssignmentInput input)
    {
        int[] topics = input.Subscriptions[0];
        int total = topics.Sum(topic => shares.Owners[topic].Count(owner => owner != AssignmentInput.Fixed));
        (int low, int higher) = Math.DivRem(total, input.MemberCount);
        int[] quotas = new int[input.MemberCount];
        Array.Fill(quotas, low);
        foreach (int member in Enumerable.Range(0, quotas.Length).OrderByDescending(shares.Load).Take(higher))
        {
            quotas[member]++;
        }

        for (int member = 0; member < quotas.Length; member++)
        {
            shares.LetGo(member, quotas[member]);
        }

        shares.FillUp(topics, quotas);
    }
}
