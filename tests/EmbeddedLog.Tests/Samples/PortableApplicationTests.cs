using EmbeddedLog.Tests.Conventions;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>Code that knows only the interfaces does all that an application does.</summary>
public sealed class PortableApplicationTests
{
    [Fact]
    public async Task Application_OnALogInADirectory_RunsAndRunsAgain()
    {
        using TempDirectory root = new();
        await using (CommitLog log = await CommitLog.OpenAsync(root["log"]))
        {
            PortableApplication application = new(log);
            await application.TakeAsync(CancellationToken.None);
            Assert.Equal(
                new() { ["ann"] = 7, ["bob"] = 0, ["cyd"] = 4 }, await application.BillAsync(CancellationToken.None));
        }

        await using CommitLog again = await CommitLog.OpenAsync(root["log"]);
        await using ReadOnlyLog page = await CommitLog.OpenReadOnlyAsync(root["log"]);
        PortableApplication second = new(again);
        Assert.Empty(await second.BillAsync(CancellationToken.None));
        Assert.Equal(5, await PortableApplication.CountAsync(again));
        Assert.Equal(5, await PortableApplication.CountAsync(page));
    }

    [Fact]
    public void Application_UsesNoImplementation() =>
        Offences.AssertNone(
            from type in TypeReferences.Of(typeof(PortableApplication), typeof(CommitLog).Assembly)
            where !type.IsInterface
            where type.GetInterfaces().Any(each => each.Assembly == type.Assembly)
                || typeof(LogPartition).IsAssignableFrom(type) || type == typeof(Topic) || type == typeof(ReadOnlyTopic)
            select type.Name);
}
