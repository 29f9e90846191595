using EmbeddedLog;
using EmbeddedLog.Testing;
using EmbeddedLog.Testing.FsCheck;
using FsCheck;

namespace TestingYourService;

/// <summary>What must hold for a service, whatever happens to it.</summary>
public static class BillingProperty
{
    /// <summary>The property of one service.</summary>
    /// <param name="create">Makes a member of the service.</param>
    public static Property Of(Func<ICommitLog, IBills, IService> create) =>
        LogPrograms.For<string, Order>(
                keys: 5,
                members: 3,
                crashes: true,
                rebalances: true,
                failures: true,
                value: (customer, number) => new Order(number, customer),
                topic: "orders",
                group: "billing")
            .RunService((context, stop) => create(context.Log, new SinkBills(context.Sink)).RunAsync(stop))
            .Satisfies(Law.PerKeyOrder, Law.AtLeastOnce, Law.EffectivelyOnce((Order order) => order.Id));
}
