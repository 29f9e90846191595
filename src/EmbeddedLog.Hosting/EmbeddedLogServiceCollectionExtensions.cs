using EmbeddedLog;
using EmbeddedLog.Hosting;
using EmbeddedLog.Hosting.Configuration;
using EmbeddedLog.Hosting.Handlers;
using EmbeddedLog.Hosting.Health;
using EmbeddedLog.Hosting.Injection;
using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds logs to services.</summary>
public static class EmbeddedLogServiceCollectionExtensions
{
    /// <summary>
    /// Adds a log: <see cref="ICommitLog"/> and <see cref="CommitLog"/>, also by its name as service key. In a host it
    /// is
    /// opened before hosted services start, and closed when they have stopped. Without a host the first asynchronous
    /// call opens it, and the disposal of the services closes it. Adding a name again goes on with that log.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name: of its configuration section, of its options, and its service key.</param>
    /// <param name="configure">Sets options; the section wins.</param>
    /// <param name="configuration">
    /// Where the section is; null for the <see cref="IConfiguration"/> of the services, if there is one.
    /// </param>
    public static EmbeddedLogBuilder AddEmbeddedLog(
        this IServiceCollection services,
        string name = "EmbeddedLog",
        Action<EmbeddedLogOptions>? configure = null,
        IConfiguration? configuration = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        LogRegistration? registration = services
            .Where(each => each.ServiceType == typeof(LogRegistration) && name.Equals(each.ServiceKey))
            .Select(each => (LogRegistration?)each.KeyedImplementationInstance)
            .FirstOrDefault();
        if (registration is null)
        {
            registration = new LogRegistration(name, configuration);
            Add(services, registration);
        }

        if (configure is not null)
        {
            registration.Configures.Add(configure);
        }

        return new EmbeddedLogBuilder(services, registration);
    }

    private static void Add(IServiceCollection services, LogRegistration registration)
    {
        string name = registration.Name;
        services.AddKeyedSingleton(name, registration);
        services.AddOptions<EmbeddedLogOptions>(name).ValidateOnStart();
        services.AddSingleton<IConfigureOptions<EmbeddedLogOptions>>(
            provider => new OptionsBinding(registration, provider));
        services.AddSingleton<IValidateOptions<EmbeddedLogOptions>>(
            provider => new OptionsValidation(registration, provider));
        services.AddSingleton<IOptionsChangeTokenSource<EmbeddedLogOptions>>(
            provider => registration.FindSection(provider) is { } section
                ? new ConfigurationChangeTokenSource<EmbeddedLogOptions>(name, section)
                : new NoChanges(name));
        services.AddKeyedSingleton(name, (provider, _) => new LogHolder(
            registration, provider, provider.GetRequiredService<IOptionsFactory<EmbeddedLogOptions>>()));
        services.AddSingleton(provider => provider.GetRequiredKeyedService<LogHolder>(name));
        services.AddKeyedSingleton<ICommitLog>(
            name, (provider, _) => new DeferredLog(provider.GetRequiredKeyedService<LogHolder>(name)));
        services.AddKeyedTransient(name, (provider, _) => provider.GetRequiredKeyedService<LogHolder>(name).Opened);
        services.TryAddSingleton<ICommitLog>(
            provider => provider.GetRequiredKeyedService<ICommitLog>(Single(provider).Name));
        services.TryAddTransient(provider => Single(provider).Opened);
        services.AddLogging();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LogLifetime>());
        services.AddHealthChecks()
            .Add(new HealthCheckRegistration(
                $"{name}_live",
                provider => new LiveCheck(provider.GetRequiredKeyedService<LogHolder>(name)),
                failureStatus: null,
                ["live", "embeddedlog"]))
            .Add(new HealthCheckRegistration(
                $"{name}_ready",
                provider => new ReadyCheck(
                    provider.GetRequiredKeyedService<LogHolder>(name), provider.GetServices<HandlerRunner>()),
                failureStatus: null,
                ["ready", "embeddedlog"]));
    }

    private static LogHolder Single(IServiceProvider services) =>
        Ambiguity.Single(services.GetServices<LogHolder>(), "logs", log => log.Name);

    private sealed class NoChanges(string name) : IOptionsChangeTokenSource<EmbeddedLogOptions>
    {
        public string Name => name;

        public IChangeToken GetChangeToken() => new CancellationChangeToken(CancellationToken.None);
    }
}
