using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace EmbeddedLog.Hosting.Tests.Samples;

/// <summary>
/// Orders over HTTP while the service is killed again and again. EMBEDDEDLOG_ORDERS and EMBEDDEDLOG_KILLS make it
/// longer.
/// </summary>
public sealed class OrdersServiceTests
{
    private const int Customers = 20;

    private static readonly int s_orders = Number("EMBEDDEDLOG_ORDERS", 200);
    private static readonly int s_kills = Number("EMBEDDEDLOG_KILLS", 2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orders_AcceptedByAServiceThatIsKilled_AreBilledOnceAndInOrder()
    {
        string folder = Directory.CreateTempSubdirectory("embeddedlog-").FullName;
        List<string>[] accepted = [.. Enumerable.Range(0, Customers).Select(_ => new List<string>())];
        Random random = new(7);
        HashSet<int> kills = [.. Enumerable.Range(0, s_kills).Select(_ => random.Next(s_orders))];
        (SampleProcess service, HttpClient http) = await StartAsync(folder);
        string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for (int order = 0; order < s_orders; order++)
        {
            Task killing = kills.Contains(order) ? KillAsync(service, random.Next(3)) : Task.CompletedTask;
            int customer = order % Customers;
            while (!await TryOrderAsync(http, order, customer, amount: 1, traceparent))
            {
                await killing;
                http.Dispose();
                service.Dispose();
                (service, http) = await StartAsync(folder);
            }

            accepted[customer].Add(Id(order));
            if (kills.Contains(order))
            {
                await killing;
                http.Dispose();
                service.Dispose();
                (service, http) = await StartAsync(folder);
            }
        }

        Assert.True(await TryOrderAsync(http, s_orders, 0, amount: 0, traceparent));
        for (int customer = 0; customer < Customers; customer++)
        {
            JsonElement[] bills;
            do
            {
                bills = (await http.GetFromJsonAsync<JsonElement[]>($"bills/{customer}", Token))!;
            }
            while (bills.Length < accepted[customer].Count);

            Assert.Equal(accepted[customer], bills.Select(bill => bill.GetProperty("orderId").GetString()!));
            Assert.All(bills, bill =>
                Assert.Equal("0af7651916cd43dd8448eb211c80319c", bill.GetProperty("traceId").GetString()));
        }

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/live", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("health/ready", Token)).StatusCode);
        await service.ReadUntilAsync(line => line.Contains("orders.dead", StringComparison.Ordinal));
        http.Dispose();
        Assert.Equal(0, await service.InterruptAsync());
        service.Dispose();
        await using (CommitLog log = await CommitLog.OpenAsync(Path.Combine(folder, "log")))
        {
            Assert.True(log.Recovery.Clean);
            Assert.Equal(1, log.GetTopic("orders.dead")[0].EndOffset);
            Assert.All(
                (await log.DescribeGroupAsync("billing")).Partitions, partition => Assert.Equal(0, partition.Lag));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<(SampleProcess Service, HttpClient Http)> StartAsync(string folder)
    {
        SampleProcess service = new(
            "OrdersService",
            folder,
            "--urls", "http://127.0.0.1:0",
            "--Bills", "bills.jsonl",
            "--EmbeddedLog:Directory", "log",
            "--EmbeddedLog:Topics:orders:Partitions", "4",
            "--Logging:LogLevel:Default", "Information");
        const string Said = "Now listening on: ";
        string line = await service.ReadUntilAsync(each => each.Contains(Said, StringComparison.Ordinal));
        string address = line[(line.IndexOf(Said, StringComparison.Ordinal) + Said.Length)..].Trim();
        return (service, new HttpClient { BaseAddress = new Uri(address) });
    }

    /// <summary>Kills it while requests may be under way.</summary>
    private static async Task KillAsync(SampleProcess service, int turns)
    {
        for (int i = 0; i < turns; i++)
        {
            await Task.Yield();
        }

        await service.KillAsync();
    }

    private static async Task<bool> TryOrderAsync(
        HttpClient http, int order, int customer, decimal amount, string traceparent)
    {
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Post, "orders");
            request.Headers.Add("traceparent", traceparent);
            request.Content = JsonContent.Create(new { id = Id(order), customer = $"{customer}", amount });
            using HttpResponseMessage response = await http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Id(int order) => $"order-{order}";

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;
}
