using System.Runtime.CompilerServices;

namespace EmbeddedLog.Producing.Encoding;

/// <summary>
/// Room on the stack for the bytes of a short key, as most keys are. Not cleared: what was not written is not read.
/// Without it each key goes through the thread's buffer and two calls of an interface; the comparison's workload
/// <c>append-typed</c> shows what that costs.
/// </summary>
[InlineArray(MaxBytes)]
internal struct ShortKey
{
    /// <summary>Longer keys go through a buffer.</summary>
    public const int MaxBytes = 64;

    private byte _first;
}
