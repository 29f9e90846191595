namespace EmbeddedLog.Tests.Infrastructure;

/// <summary>How a law finds the shortest program that breaks it.</summary>
internal static class Shrinking
{
    /// <summary>The program without ever smaller runs of its steps, large ones first.</summary>
    public static IEnumerable<T[]> DropSteps<T>(T[] steps)
    {
        for (int run = (steps.Length + 1) / 2; run > 0; run /= 2)
        {
            for (int start = 0; start < steps.Length; start += run)
            {
                yield return [.. steps[..start], .. steps[Math.Min(steps.Length, start + run)..]];
            }
        }
    }
}
