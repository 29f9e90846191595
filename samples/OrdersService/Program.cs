using EmbeddedLog;
using EmbeddedLog.Hosting;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using OpenTelemetry;
using OrdersService;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.AddEmbeddedLog("EmbeddedLog", log => log.UseJson(OrderJson.Default))
    .AddTopic("orders")
    .AddProducer<string, Order>("orders")
    .AddHandler<string, Order, BillingHandler>("orders", group: "billing", handler =>
    {
        handler.DeadLetterTopic = "orders.dead";
        handler.DoNotRetry<InvalidOrderException>();
    });
builder.Services.AddSingleton<Bills>();
builder.Services.ConfigureHttpJsonOptions(
    options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, OrderJson.Default));
OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry()
    .WithMetrics(metrics => metrics.AddMeter(EmbeddedLogTelemetry.MeterName, "Microsoft.AspNetCore.Hosting"))
    .WithTracing(traces => traces.AddSource(EmbeddedLogTelemetry.ActivitySourceName, "Microsoft.AspNetCore"));
if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not null)
{
    telemetry.UseOtlpExporter();
}

WebApplication app = builder.Build();

// The answer comes when the order is on the disk. The customer is the key, so that a customer's orders are billed in
// their order.
app.MapPost("/orders", async (Order order, IProducer<string, Order> orders, CancellationToken aborted) =>
{
    RecordMetadata accepted = await orders.ProduceAsync(order.Customer, order, aborted);
    return TypedResults.Accepted($"/bills/{order.Customer}", new Accepted(accepted.Partition, accepted.Offset));
});
app.MapGet("/bills/{customer}", (string customer, Bills bills) => TypedResults.Ok(bills.Of(customer)));
app.MapPost("/handlers/billing/pause", ([FromKeyedServices("billing")] IHandlerControl billing) => billing.Pause());
app.MapPost("/handlers/billing/resume", ([FromKeyedServices("billing")] IHandlerControl billing) => billing.Resume());
app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") });
app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
await app.RunAsync();
