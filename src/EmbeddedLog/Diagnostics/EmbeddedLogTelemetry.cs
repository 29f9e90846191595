namespace EmbeddedLog;

/// <summary>The names under which logs tell metrics and traces; TELEMETRY.md of the sources lists them.</summary>
public static class EmbeddedLogTelemetry
{
    /// <summary>The name of the meter: for <c>AddMeter</c> of OpenTelemetry, and <c>dotnet-counters</c>.</summary>
    public const string MeterName = "EmbeddedLog";

    /// <summary>The name of the source of activities: for <c>AddSource</c> of OpenTelemetry.</summary>
    public const string ActivitySourceName = "EmbeddedLog";
}
