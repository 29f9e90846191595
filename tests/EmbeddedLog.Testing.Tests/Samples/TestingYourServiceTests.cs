using FsCheck;
using TestingYourService;
using TestingYourService.Mistakes;

namespace EmbeddedLog.Testing.Tests.Samples;

/// <summary>
/// Each mistake of the sample is found, by the law that it breaks, and the service without one passes.
/// </summary>
public sealed class TestingYourServiceTests
{
    private const int Runs = 200;

    private static readonly Dictionary<string, Func<ICommitLog, IBills, IService>> s_mistakes = new()
    {
        [nameof(CommitsBeforeHandling)] = (log, bills) => new CommitsBeforeHandling(log, bills),
        [nameof(CatchesAndGoesOn)] = (log, bills) => new CatchesAndGoesOn(log, bills),
        [nameof(HandlesInParallel)] = (log, bills) => new HandlesInParallel(log, bills),
        [nameof(KeepsStateAcrossRebalances)] = (log, bills) => new KeepsStateAcrossRebalances(log, bills),
    };

    [Theory]
    [InlineData(nameof(CommitsBeforeHandling), "AtLeastOnce")]
    [InlineData(nameof(CatchesAndGoesOn), "AtLeastOnce")]
    [InlineData(nameof(HandlesInParallel), "PerKeyOrder")]
    [InlineData(nameof(KeepsStateAcrossRebalances), "EffectivelyOnce")]
    public void Mistake_IsFoundWithin200RunsByItsLaw(string mistake, string law)
    {
        string failure = Assert.ThrowsAny<Exception>(() => BillingProperty.Of(s_mistakes[mistake])
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs))).Message;

        Assert.Contains($"{law} does not hold for group 'billing'", failure, StringComparison.Ordinal);
        string shrunk = failure[failure.IndexOf("Shrunk:", StringComparison.Ordinal)..].Split('\n')[1];
        Assert.InRange(shrunk.Split(';').Length, 1, 8);
    }

    [Fact]
    public void Service_WithoutAMistake_Passes() => BillingProperty.Of((log, bills) => new BillingService(log, bills))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs / 2).WithQuietOnSuccess(true));
}
