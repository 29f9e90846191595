using System.Text.Json;
using AccessLog;
using AccessLog.Input;
using AccessLog.Views;
using FsCheck;
using FsCheck.Fluent;

namespace EmbeddedLog.Tests.Samples;

public sealed class ViewTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void RequestsPerMinute_TimesInSeveralZones_CountsByTheMinuteInUtc()
    {
        var view = new RequestsPerMinute();
        view.Add(Request(time: s_noon.AddSeconds(59)));
        view.Add(Request(time: s_noon.ToOffset(TimeSpan.FromHours(5.5))));
        view.Add(Request(time: s_noon.AddMinutes(1)));
        view.Add(Request(time: DateTimeOffset.UnixEpoch.AddSeconds(-1)));

        long noon = s_noon.ToUnixTimeSeconds() / 60;
        Assert.Equal(new Dictionary<long, long> { [noon] = 2, [noon + 1] = 1, [-1] = 1 }, view.Minutes);
    }

    [Fact]
    public void RequestsPerMinute_ManyDays_PrintsAtMostTwentyFourRows()
    {
        var view = new RequestsPerMinute();
        for (int hour = 0; hour < 24 * 60; hour++)
        {
            view.Add(Request(time: s_noon.AddHours(hour)));
        }

        int rows = Print(view).Split('\n').Count(line => line.EndsWith('#'));
        Assert.InRange(rows, 8, 24);
    }

    [Fact]
    public void TopPaths_Queries_AreOnePath()
    {
        var view = new TopPaths();
        view.Add(Request(target: "/a?x=1", bytes: 10));
        view.Add(Request(target: "/a?x=2", bytes: 20, status: 404));
        view.Add(Request(target: "/b"));

        PathTotals totals = view.Paths["/a"];
        Assert.Equal((2, 1, 30), (totals.Requests, totals.Errors, totals.Bytes));
        Assert.Equal(2, view.Paths.Count);
    }

    [Fact]
    public void TopPaths_MorePathsThanTheLimit_CountsTheRestTogether()
    {
        var view = new TopPaths();
        for (int i = 0; i < TopPaths.MaxPaths + 3; i++)
        {
            view.Add(Request(target: $"/{i}"));
        }

        view.Add(Request(target: "/0"));
        Assert.Equal(TopPaths.MaxPaths, view.Size);
        Assert.Equal(3, view.Others.Requests);
        Assert.Equal(2, view.Paths["/0"].Requests);
        Assert.Contains("3 of them for paths beyond", Print(view), StringComparison.Ordinal);
    }

    [Fact]
    public void TopPaths_PathCutWithinACharacter_CanBeWrittenAsJson()
    {
        var view = new TopPaths();
        view.Add(Request(target: "/" + new string('a', TopPaths.MaxPathLength - 2) + "\U0001F600"));
        Assert.Equal(Json(view), Json(RoundTrip(view)));
        Assert.Equal(TopPaths.MaxPathLength - 1, view.Paths.Keys.Single().Length);
    }

    [Fact]
    public void SuspiciousClients_EachKindOfAttack_IsDistinguished()
    {
        var view = new SuspiciousClients();
        for (int i = 0; i < 100; i++)
        {
            view.Add(Request("fast", time: s_noon));
            view.Add(Request("visitor", time: s_noon.AddMinutes(i)));
            view.Add(Request("searching", target: $"/{i}", status: i % 2 == 0 ? 404 : 200, time: s_noon.AddMinutes(i)));
            view.Add(Request("guessing", status: i % 5 == 0 ? 401 : 200, time: s_noon.AddMinutes(i)));
            view.Add(Request("probing", i < 3 ? "/.env" : "/", i < 3 ? 404 : 200, time: s_noon.AddMinutes(i)));
            view.Add(Request("owner", target: "/wp-admin", status: 200, time: s_noon.AddMinutes(i)));
        }

        Assert.Equal("asks too fast", view.Clients["fast"].Describe());
        Assert.Equal("searches for hidden pages", view.Clients["searching"].Describe());
        Assert.Equal("guesses passwords", view.Clients["guessing"].Describe());
        Assert.Equal("tries known weaknesses", view.Clients["probing"].Describe());
        Assert.Equal(0, view.Clients["visitor"].Score);
        Assert.Equal(0, view.Clients["owner"].Score);
        Assert.StartsWith("  4 of 6 clients are suspicious", Print(view), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-", "\\x16\\x03", 400, null, true)]
    [InlineData("GET", "/a/../../etc/passwd", 400, null, true)]
    [InlineData("GET", "/?x=%3CSCRIPT%3E", 403, null, true)]
    [InlineData("GET", "/", 200, "Mozilla/5.0 sqlmap/1.8", true)]
    [InlineData("GET", "/environment", 404, null, false)]
    [InlineData("GET", "/", 200, "Mozilla/5.0", false)]
    public void KnownProbes_Request_IsOneOnlyWhereNoVisitorSendsIt(
        string method, string target, int status, string? agent, bool expected) =>
        Assert.Equal(
            expected,
            KnownProbes.Include(Request(method: method, target: target, status: status, agent: agent)));

    [Fact]
    public void Print_TextThatWouldSteerATerminal_IsMadeHarmless()
    {
        var view = new TopPaths();
        view.Add(Request(target: "/\u001b[2J\u0007"));
        Assert.Contains("/?[2J?", Print(view), StringComparison.Ordinal);
    }

    [Fact]
    public void Print_Empty_SaysSo()
    {
        Assert.StartsWith("  0 requests", Print(new RequestsPerMinute()), StringComparison.Ordinal);
        Assert.StartsWith("  0 requests", Print(new TopPaths()), StringComparison.Ordinal);
        Assert.StartsWith("  0 of 0 clients", Print(new SuspiciousClients()), StringComparison.Ordinal);
    }

    /// <summary>The order of two clients in the log is lost to the readers, so no total may depend on it.</summary>
    [Fact]
    public void Law_ClientsInAnyOrder_GiveTheSameTotals() =>
        Prop.ForAll(Requests(), requests =>
        {
            IEnumerable<AccessLine> byClient = requests.GroupBy(r => r.Client).Reverse().SelectMany(g => g);
            return Print(Count<TopPaths>(requests)) == Print(Count<TopPaths>(byClient))
                && Print(Count<RequestsPerMinute>(requests)) == Print(Count<RequestsPerMinute>(byClient))
                && Print(Count<SuspiciousClients>(requests)) == Print(Count<SuspiciousClients>(byClient));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Law_TotalsSavedAndLoadedAnywhere_GoOnAsIfNothingHappened() =>
        Prop.ForAll(Requests(), Gen.Choose(0, 100).ToArbitrary(), (requests, at) =>
            Same<TopPaths>(requests, at)
                && Same<RequestsPerMinute>(requests, at)
                && Same<SuspiciousClients>(requests, at))
            .QuickCheckThrowOnFailure();

    private static bool Same<TView>(AccessLine[] requests, int at)
        where TView : class, IView, new()
    {
        TView resumed = RoundTrip(Count<TView>(requests.Take(at)));
        foreach (AccessLine request in requests.Skip(at))
        {
            resumed.Add(request);
        }

        return Json(resumed) == Json(Count<TView>(requests));
    }

    private static TView Count<TView>(IEnumerable<AccessLine> requests)
        where TView : class, IView, new()
    {
        var view = new TView();
        foreach (AccessLine request in requests)
        {
            view.Add(request);
        }

        return view;
    }

    private static Arbitrary<AccessLine[]> Requests() =>
        Gen.ArrayOf(
            from client in Gen.Elements("a", "b", "c")
            from minute in Gen.Choose(-2, 2)
            from target in Gen.Elements("/", "/a", "/.env")
            from status in Gen.Elements(200, 401, 404)
            select Request(client, target, status, time: s_noon.AddMinutes(minute))).ToArbitrary();

    private static TView RoundTrip<TView>(TView view)
        where TView : class, IView =>
        JsonSerializer.Deserialize<Snapshot<TView>>(Json(view), AccessLogJson.Default.Options)!.Totals;

    private static string Json<TView>(TView view)
        where TView : class, IView =>
        JsonSerializer.Serialize(new Snapshot<TView>([0, 1, 2, 3], view), AccessLogJson.Default.Options);

    private static string Print(IView view)
    {
        var output = new StringWriter { NewLine = "\n" };
        view.Print(output);
        return output.ToString();
    }

    private static AccessLine Request(
        string client = "192.0.2.1",
        string target = "/",
        int status = 200,
        long bytes = 0,
        string method = "GET",
        string? agent = null,
        DateTimeOffset? time = null) =>
        new(client, null, time ?? s_noon, method, target, status, bytes, null, agent);
}
