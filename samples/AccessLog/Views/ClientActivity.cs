using System.Text.Json.Serialization;
using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>The activity of one client, as far as it distinguishes a visitor from an attacker.</summary>
internal sealed class ClientActivity
{
    /// <summary>A client with so many answers 401 and 403 is guessing passwords.</summary>
    public const int ManyDenied = 15;

    /// <summary>A client with so many answers 404 is searching, if they are half of all its answers.</summary>
    public const int ManyNotFound = 20;

    /// <summary>A client with so many requests that only attackers send is an attacker.</summary>
    public const int ManyProbes = 3;

    /// <summary>A client with so many requests in one minute is a program.</summary>
    public const int ManyInMinute = 100;

    /// <summary>All requests.</summary>
    public long Requests { get; set; }

    /// <summary>Those answered with 401 or 403.</summary>
    public long Denied { get; set; }

    /// <summary>Those answered with 404 or 410.</summary>
    public long NotFound { get; set; }

    /// <summary>Those that look for a known weakness and did not find it.</summary>
    public long Probes { get; set; }

    /// <summary>The most requests in one minute.</summary>
    public long MostInMinute { get; set; }

    /// <summary>The minute of the last request, and the requests in it so far.</summary>
    public long LastMinute { get; set; }

    /// <inheritdoc cref="LastMinute"/>
    public long InLastMinute { get; set; }

    /// <summary>How suspicious the client is: the sum of its excesses over the limits. Zero for a visitor.</summary>
    [JsonIgnore]
    public double Score =>
        Over(Denied, ManyDenied)
        + (2 * NotFound >= Requests ? Over(NotFound, ManyNotFound) : 0)
        + Over(Probes, ManyProbes)
        + Over(MostInMinute, ManyInMinute);

    /// <summary>
    /// Counts one request. The busiest minute needs the client's requests in order. The log's key gives that: one
    /// client, one partition.
    /// </summary>
    public void Add(AccessLine request)
    {
        Requests++;
        Denied += request.Status is 401 or 403 ? 1 : 0;
        NotFound += request.Status is 404 or 410 ? 1 : 0;
        Probes += KnownProbes.Include(request) ? 1 : 0;
        InLastMinute = request.Minute == LastMinute ? InLastMinute + 1 : 1;
        LastMinute = request.Minute;
        MostInMinute = Math.Max(MostInMinute, InLastMinute);
    }

    /// <summary>Says in words which limits the client is over.</summary>
    public string Describe()
    {
        List<string> reasons = [];
        if (Denied >= ManyDenied)
        {
            reasons.Add("guesses passwords");
        }

        if (Probes >= ManyProbes)
        {
            reasons.Add("tries known weaknesses");
        }

        if (NotFound >= ManyNotFound && 2 * NotFound >= Requests)
        {
            reasons.Add("searches for hidden pages");
        }

        if (MostInMinute >= ManyInMinute)
        {
            reasons.Add("asks too fast");
        }

        return string.Join(", ", reasons);
    }

    private static double Over(long count, int limit) => count >= limit ? (double)count / limit : 0;
}
