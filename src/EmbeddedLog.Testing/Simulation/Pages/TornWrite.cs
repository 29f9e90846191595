using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Simulation.Pages;

/// <summary>Writes of which a part reaches the device.</summary>
internal static class TornWrite
{
    /// <summary>The unit that a processor stores whole.</summary>
    private const int WordBytes = 8;

    /// <summary>
    /// How often "new" is drawn in a crash: the pure cases are drawn often too, since with many pages fair coins never
    /// give them.
    /// </summary>
    public static double DrawNewShare(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => 1,
        _ => random.NextDouble(),
    };

    /// <summary>
    /// What is written whole. A page that is written back while a map stores to it shows some stores and not others.
    /// </summary>
    public static int DrawUnit(Random random, bool mapped) => random.Next(4) switch
    {
        0 => SimulatedDisk.PageBytes,
        1 when mapped => WordBytes,
        _ => SimulatedDisk.SectorBytes,
    };

    /// <summary>Copies each unit of a page to the device with the given probability.</summary>
    public static void Copy(ReadOnlySpan<byte> live, Span<byte> durable, int unit, double share, Random random)
    {
        for (int start = 0; start < live.Length; start += unit)
        {
            if (random.NextDouble() < share)
            {
                live.Slice(start, unit).CopyTo(durable[start..]);
            }
        }
    }
}
