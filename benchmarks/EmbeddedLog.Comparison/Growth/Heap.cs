namespace EmbeddedLog.Comparison.Growth;

/// <summary>The live heap.</summary>
internal static class Heap
{
    /// <summary>Bytes after full collections and after finalizers have run.</summary>
    public static long Live()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
