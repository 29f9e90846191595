using System.Diagnostics;
using EmbeddedLog;
using EmbeddedLog.Hosting;

namespace OrdersService;

/// <summary>
/// Bills an order. It may come more than once, after a retry or a crash: the order's id makes sure of one bill.
/// </summary>
internal sealed class BillingHandler(Bills bills) : IRecordHandler<string, Order>
{
    public ValueTask HandleAsync(Record<string, Order> record, CancellationToken cancellationToken)
    {
        Order order = record.Value;
        if (order.Amount <= 0)
        {
            throw new InvalidOrderException($"Order {order.Id} has the amount {order.Amount}.");
        }

        bills.Add(new Bill(order.Id, order.Customer, order.Amount, Activity.Current?.TraceId.ToString()));
        return ValueTask.CompletedTask;
    }
}
