using System.Runtime.InteropServices;

namespace EmbeddedLog.Tests.Infrastructure.Processes;

/// <summary>
/// How this process takes the signal of Ctrl+C. A shell starts a background job with the signal ignored, so that
/// Ctrl+C ends the foreground alone. Children inherit that, and .NET leaves it as it is: a sample that was started by
/// such tests would go on for ever when they interrupt it.
/// </summary>
internal static unsafe partial class InterruptSignal
{
    /// <summary>SIGINT.</summary>
    public const int Number = 2;

    /// <summary>More than sigaction(2) takes on any system. All of them have the handler first.</summary>
    private const int ActionBytes = 256;

    private const nint Default = 0;
    private const nint Ignored = 1;

    /// <summary>Whether this process, and so each that it starts, ignores the signal.</summary>
    public static bool IsIgnored
    {
        get
        {
            byte* action = stackalloc byte[ActionBytes];
            Call(null, action);
            return *(nint*)action == Ignored;
        }
    }

    /// <summary>Has the processes that are started from now on take the signal.</summary>
    public static void LetThrough()
    {
        if (!OperatingSystem.IsWindows() && IsIgnored)
        {
            Set(Default);
        }
    }

    /// <summary>Ignores the signal, as in a background job; returns what undoes it.</summary>
    public static IDisposable Ignore()
    {
        byte[] before = new byte[ActionBytes];
        fixed (byte* action = before)
        {
            Call(null, action);
        }

        Set(Ignored);
        return new Restoring(before);
    }

    private static void Set(nint handler)
    {
        byte* action = stackalloc byte[ActionBytes];
        new Span<byte>(action, ActionBytes).Clear();
        *(nint*)action = handler;
        Call(action, null);
    }

    private static void Call(byte* action, byte* before)
    {
        if (SetAction(Number, action, before) != 0)
        {
            throw new InvalidOperationException($"sigaction(2) failed with {Marshal.GetLastPInvokeError()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetAction(int signal, byte* action, byte* before);

    private sealed class Restoring(byte[] before) : IDisposable
    {
        public void Dispose()
        {
            fixed (byte* action = before)
            {
                Call(action, null);
            }
        }
    }
}
