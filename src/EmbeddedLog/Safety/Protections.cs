#if !SWITCHABLE_PROTECTIONS
using System.Runtime.CompilerServices;
#endif

namespace EmbeddedLog.Safety;

/// <summary>
/// The seam by which a test takes out what keeps acknowledged records safe, to show that the torture notices. Where a
/// protection stands, the code asks whether it is out, and if so does what it would do without it. Debug builds can do
/// so (<c>SWITCHABLE_PROTECTIONS</c>). In every other build the answer is a constant, which leaves nothing behind in
/// the compiled code.
/// </summary>
internal static class Protections
{
#if SWITCHABLE_PROTECTIONS
    /// <summary>
    /// What is taken out; null for nothing. Of this thread alone, since a simulated machine runs a whole log on one.
    /// </summary>
    [field: ThreadStatic]
    public static Protection? Without { get; set; }

    /// <summary>Whether a protection is taken out.</summary>
    public static bool IsOut(Protection protection) => Without == protection;
#else
    /// <summary>Whether a protection is taken out: never.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOut(Protection protection) => false;
#endif
}
