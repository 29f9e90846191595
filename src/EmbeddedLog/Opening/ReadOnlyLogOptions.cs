using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddedLog.Validation;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog;

/// <summary>
/// What a log is opened with to be read only. Checked and copied when handed over: later changes have no effect, and
/// all faults are told in one <see cref="ArgumentException"/>.
/// </summary>
public sealed class ReadOnlyLogOptions
{
    /// <summary>Clock and timers, which polling uses. Default: <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where truncations and what consumers skip are told. Default: null, which logs nothing.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>
    /// JSON metadata for types of keys and values that have no built-in form, asked in order. Needed in trimmed and
    /// ahead-of-time compiled programs, where there is no reflection to fall back on. Default: empty.
    /// </summary>
    public IList<JsonSerializerContext> JsonContexts { get; set; } = [];

    /// <summary>
    /// How JSON is written and read; <see cref="JsonContexts"/> then give only the metadata, not their own options.
    /// Default: null, which means the options of the context, or the serializer's defaults, but names of members in any
    /// case, and an error where a required parameter of a constructor is missing or a null is where none may be.
    /// </summary>
    public JsonSerializerOptions? JsonSerializerOptions { get; set; }

    /// <summary>
    /// How many segments stay mapped, 1 to 32,768; beyond it, the one unused for longest is closed until it is read
    /// again. Default: 256.
    /// </summary>
    public int MaxOpenSegments { get; set; } = 256;

    /// <summary>
    /// How often, at the least, somebody who waits for records looks for some, 1 ms to 1 second. Behind a record the
    /// next look is due after 1 ms, and each that finds nothing doubles the time, up to this: it bounds how late the
    /// first record after a pause is seen. Default: 25 ms.
    /// </summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>A copy that is known to be valid, its list included.</summary>
    /// <exception cref="ArgumentException">Something is out of bounds; the message tells all of it.</exception>
    internal ReadOnlyLogOptions ValidatedCopy()
    {
        var copy = (ReadOnlyLogOptions)MemberwiseClone();
        copy.JsonContexts = JsonContexts is null ? null! : [.. JsonContexts];
        copy.JsonSerializerOptions = JsonSerializerOptions is { } json ? new JsonSerializerOptions(json) : null;
        copy.Validate();
        return copy;
    }

    private void Validate()
    {
        var faults = new OptionFaults(nameof(ReadOnlyLogOptions));
        faults.NotNull(nameof(TimeProvider), TimeProvider, "use TimeProvider.System");
        faults.NotNull(nameof(JsonContexts), JsonContexts, "use an empty list");
        if (JsonContexts is not null && JsonContexts.IndexOf(null!) is >= 0 and int index)
        {
            faults.Add($"{nameof(JsonContexts)}[{index}]", "null", "set", "use the Default property of a context");
        }

        faults.Range(
            nameof(MaxOpenSegments), MaxOpenSegments, 1, 32_768, "segments", "256 suits most logs");
        faults.Range(
            nameof(PollInterval),
            PollInterval,
            TimeSpan.FromMilliseconds(1),
            TimeSpan.FromSeconds(1),
            "25 ms suits most readers");
        faults.ThrowIfAny();
    }
}
