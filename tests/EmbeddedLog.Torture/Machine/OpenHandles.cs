using EmbeddedLog.Torture.Load.Checking;

namespace EmbeddedLog.Torture.Machine;

/// <summary>The files that this process has open or mapped.</summary>
internal static class OpenHandles
{
    /// <summary>
    /// Finds descriptors and maps that were left open. For Linux; elsewhere the next life takes the lock and replaces
    /// files, which fails on Windows if they are still open or mapped.
    /// </summary>
    /// <exception cref="LoadViolationException">Something in the directory is still open or mapped.</exception>
    public static void ThrowIfAnyUnder(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string[] open =
        [
            .. Directory.GetFiles("/proc/self/fd").Select(TargetOf).OfType<string>()
                .Where(target => target.StartsWith(directory, StringComparison.Ordinal)),
            .. File.ReadLines("/proc/self/maps").Where(line => line.Contains(directory, StringComparison.Ordinal)),
        ];
        if (open.Length > 0)
        {
            throw new LoadViolationException(
                $"The log was closed and has left open: {string.Join(Environment.NewLine, open)}");
        }
    }

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            // The descriptor of the listing itself.
            return null;
        }
    }
}
