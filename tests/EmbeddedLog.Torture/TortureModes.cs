using EmbeddedLog.Torture.Crash;
using EmbeddedLog.Torture.Kill;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.PowerFail;

namespace EmbeddedLog.Torture;

/// <summary>All modes, and all that they start as processes of their own.</summary>
internal static class TortureModes
{
    public static IReadOnlyList<ITortureMode> All { get; } =
    [
        new CrashMode(),
        new KillMode(),
        new PowerFailMode(),
    ];

    public static IReadOnlyList<ITortureChild> Children { get; } = [new LoadChild()];
}
