using System.Text.Json.Serialization;
using AccessLog.Input;

namespace AccessLog.Views;

/// <summary>Finds clients that guess passwords, try known weaknesses, search hidden pages or ask too fast.</summary>
internal sealed class SuspiciousClients : IView
{
    /// <summary>So many clients are watched; requests of further ones are only counted.</summary>
    public const int MaxClients = 50_000;

    private const int Shown = 10;

    /// <inheritdoc/>
    public static string Group => "suspicious-clients";

    /// <summary>The clients by address.</summary>
    public Dictionary<string, ClientActivity> Clients { get; init; } = [];

    /// <summary>The requests of clients beyond <see cref="MaxClients"/>.</summary>
    public long Unwatched { get; set; }

    /// <inheritdoc/>
    [JsonIgnore]
    public int Size => Clients.Count;

    /// <inheritdoc/>
    public void Add(AccessLine request)
    {
        if (!Clients.TryGetValue(request.Client, out ClientActivity? client))
        {
            if (Clients.Count == MaxClients)
            {
                Unwatched++;
                return;
            }

            client = new ClientActivity();
            Clients.Add(request.Client, client);
        }

        client.Add(request);
    }

    /// <inheritdoc/>
    public void Print(TextWriter output)
    {
        var suspects = Clients.Where(c => c.Value.Score > 0).OrderByDescending(c => c.Value.Score)
            .ThenBy(c => c.Key, StringComparer.Ordinal).ToList();
        output.WriteLine($"  {suspects.Count:N0} of {Clients.Count:N0} clients are suspicious");
        if (Unwatched > 0)
        {
            output.WriteLine($"  {Unwatched:N0} requests are of clients beyond the first {MaxClients:N0}, not watched");
        }

        if (suspects.Count == 0)
        {
            return;
        }

        output.WriteLine();
        var table = new TextTable(
            "client", ">requests", ">401/403", ">404", ">probes", ">peak minute", "because it");
        foreach ((string address, ClientActivity c) in suspects.Take(Shown))
        {
            table.Add(
                address, $"{c.Requests:N0}", $"{c.Denied:N0}", $"{c.NotFound:N0}", $"{c.Probes:N0}",
                $"{c.MostInMinute:N0}", c.Describe());
        }

        table.Print(output);
        if (suspects.Count > Shown)
        {
            output.WriteLine($"  and {suspects.Count - Shown:N0} more");
        }
    }
}
