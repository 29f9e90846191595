using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Worker;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.AddEmbeddedLog("EmbeddedLog")
    .AddTopic("ticks")
    .AddProducer<string, long>("ticks")
    .AddHandler<string, long, TickHandler>("ticks", group: "printer");
builder.Services.AddHostedService<Clock>();
await builder.Build().RunAsync();
