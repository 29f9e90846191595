using EmbeddedLog;
using FsCheck;
using FsCheck.Fluent;
using TestingYourService;
using TestingYourService.Mistakes;

// The name of one service, and how many programs it must stand: all of them, and 200, if nothing is said.
int programs = args.Select(arg => int.TryParse(arg, out int number) ? number : 0).Append(0).Max();
Config config = Config.QuickThrowOnFailure
    .WithMaxTest(programs > 0 ? programs : 200)
    .WithQuietOnSuccess(true)
    .WithParallelRunConfig(new ParallelRunConfig(Environment.ProcessorCount));
(string Name, Func<ICommitLog, IBills, IService> Create)[] services =
[
    (nameof(BillingService), (log, bills) => new BillingService(log, bills)),
    (nameof(CommitsBeforeHandling), (log, bills) => new CommitsBeforeHandling(log, bills)),
    (nameof(CatchesAndGoesOn), (log, bills) => new CatchesAndGoesOn(log, bills)),
    (nameof(HandlesInParallel), (log, bills) => new HandlesInParallel(log, bills)),
    (nameof(KeepsStateAcrossRebalances), (log, bills) => new KeepsStateAcrossRebalances(log, bills)),
];

int wrong = 0;
foreach ((string name, Func<ICommitLog, IBills, IService> create) in services)
{
    if (args.Any(arg => services.Any(service => service.Name == arg)) && !args.Contains(name))
    {
        continue;
    }

    bool isFound = false;
    try
    {
        BillingProperty.Of(create).Check(config);
        Console.WriteLine($"{name}: no law was broken in {config.MaxTest} programs.");
    }
    catch (Exception failure)
    {
        isFound = true;
        Console.WriteLine($"{name}: {failure.Message.Split("\n   at ")[0]}\n");
    }

    // Only the first one has no mistake.
    wrong += isFound == (name == nameof(BillingService)) ? 1 : 0;
}

return wrong;
