using System.Text.Json.Serialization;

namespace AccessLog.Input;

/// <summary>One request in a web server's log, in the common or the combined format.</summary>
/// <param name="Client">The client's address or host name: the key that decides the partition.</param>
/// <param name="User">The client's login name, or null.</param>
/// <param name="Time">The time of the request.</param>
/// <param name="Method">The method, or <see cref="NoMethod"/> if the request was not HTTP.</param>
/// <param name="Target">The requested target, with its query.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Bytes">The size of the answer's body in bytes.</param>
/// <param name="Referer">The referer as the client sent it.</param>
/// <param name="Agent">The user agent as the client sent it.</param>
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
    /// <summary>The method of a request that was not HTTP: half a TLS greeting, an empty line.</summary>
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
