using EmbeddedLog.Torture.Bitflip;
using EmbeddedLog.Torture.Crash;
using EmbeddedLog.Torture.Faults;
using EmbeddedLog.Torture.FullDisk;
using EmbeddedLog.Torture.History;
using EmbeddedLog.Torture.Hostile;
using EmbeddedLog.Torture.Kill;
using EmbeddedLog.Torture.Liar;
using EmbeddedLog.Torture.Load;
using EmbeddedLog.Torture.PowerFail;
using EmbeddedLog.Torture.Tail;
using EmbeddedLog.Torture.Teeth;
using EmbeddedLog.Torture.Unmap;
using EmbeddedLog.Torture.User;

namespace EmbeddedLog.Torture;

/// <summary>All modes and all their child programs.</summary>
internal static class TortureModes
{
    public static IReadOnlyList<ITortureMode> All { get; } =
    [
        new CrashMode(),
        new FaultsMode(),
        new HostileMode(),
        new KillMode(),
        new PowerFailMode(),
        new LiarMode(),
        new FullDiskMode(),
        new TailMode(),
        new BitflipMode(),
        new UnmapMode(),
        new UserMode(),
        new HistoryMode(),
        new TeethMode(),
    ];

    public static IReadOnlyList<ITortureChild> Children { get; } =
    [
        new HostileChild(),
        new LoadChild(),
        new TailOwner(),
        new TailFollower(),
    ];
}
