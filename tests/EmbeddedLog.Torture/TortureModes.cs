using EmbeddedLog.Torture.Crash;

namespace EmbeddedLog.Torture;

/// <summary>All modes, and all that they start as processes of their own.</summary>
internal static class TortureModes
{
    public static IReadOnlyList<ITortureMode> All { get; } =
    [
        new CrashMode(),
    ];

    public static IReadOnlyList<ITortureChild> Children { get; } = [];
}
