using EmbeddedLog.Testing.Simulation.Disks;

namespace EmbeddedLog.Testing.Model;

/// <summary>What a log may do to a disk.</summary>
internal static class MachineCheck
{
    /// <summary>Fails where something was left open or mapped, or was done that must not be.</summary>
    public static void NothingIsOpen(SimulatedDisk disk)
    {
        NothingWasViolated(disk);
        if (disk.OpenFiles.Count + disk.LiveMaps.Count > 0)
        {
            throw new ModelViolationException(
                $"Left open: {string.Join(", ", disk.OpenFiles)}; "
                + $"left mapped: {string.Join(", ", disk.LiveMaps)}.");
        }
    }

    /// <summary>Fails where something was done that must not be.</summary>
    public static void NothingWasViolated(SimulatedDisk disk)
    {
        if (disk.Violations is [var first, ..])
        {
            throw new ModelViolationException($"The log must not do this to a disk: {first}.");
        }
    }
}
