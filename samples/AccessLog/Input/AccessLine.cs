using System.Text.Json.Serialization;

namespace AccessLog.Input;

/// <summary>One request, as a web server wrote it down in the common or the combined log format.</summary>
/// <param name="Client">The client's address or host name: the key that decides the partition.</param>
/// <param name="User">The name the client logged in with, where it did.</param>
/// <param name="Time">When the server had the request.</param>
/// <param name="Method">The method, or <see cref="NoMethod"/> where the request was no HTTP at all.</param>
/// <param name="Target">What was asked for, query included.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Bytes">The size of the answer's body in bytes.</param>
/// <param name="Referer">Where the client says it came from.</param>
/// <param name="Agent">What the client says it is.</param>
internal sealed record AccessLine(
    string Client,
    string? User,
    DateTimeOffset Time,
    string Method,
    string Target,
    int Status,
    long Bytes,
    string? Referer,
    string? Agent)
{
    /// <summary>Stands for the method of what was not HTTP: half a TLS greeting, an empty line.</summary>
    public const string NoMethod = "-";

    /// <summary>The target without its query.</summary>
    [JsonIgnore]
    public string Path
    {
        get
        {
            int query = Target.AsSpan().IndexOfAny('?', '#');
            return query < 0 ? Target : Target[..query];
        }
    }

    /// <summary>The minute of the request, counted from 1970 in UTC.</summary>
    [JsonIgnore]
    public long Minute => (long)Math.Floor((Time - DateTimeOffset.UnixEpoch).TotalMinutes);
}
