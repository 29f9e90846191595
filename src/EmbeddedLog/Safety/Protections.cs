#if !SWITCHABLE_PROTECTIONS
using System.Runtime.CompilerServices;
#endif

namespace EmbeddedLog.Safety;

/// <summary>
/// The seam by which a test takes out a protection of acknowledged records, to show that the torture notices. Each
/// protection is skipped if it is out. Only Debug builds can take one out (<c>SWITCHABLE_PROTECTIONS</c>). In every
/// other build the answer is a constant, which leaves nothing in the compiled code.
/// </summary>
internal static class Protections
{
#if SWITCHABLE_PROTECTIONS
    /// <summary>
    /// The protection that is taken out, or null. For one thread alone, because a simulated machine runs a whole log on
    /// one.
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
