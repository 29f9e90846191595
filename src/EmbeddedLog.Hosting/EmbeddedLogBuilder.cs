using System.Diagnostics.CodeAnalysis;
using EmbeddedLog.Hosting.Handlers;
using EmbeddedLog.Hosting.Injection;
using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace EmbeddedLog.Hosting;

/// <summary>
/// Adds topics, producers, consumers and handlers to a log. What code sets are defaults: the configuration section of
/// the
/// log wins.
/// </summary>
public sealed class EmbeddedLogBuilder
{
    private readonly LogRegistration _registration;

    internal EmbeddedLogBuilder(IServiceCollection services, LogRegistration registration)
    {
        Services = services;
        _registration = registration;
    }

    /// <summary>The name of the log: of its section, of its options, and its service key.</summary>
    public string Name => _registration.Name;

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Sets options of the log.</summary>
    /// <param name="configure">Sets them.</param>
    public EmbeddedLogBuilder Configure(Action<EmbeddedLogOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _registration.Configures.Add(configure);
        return this;
    }

    /// <summary>
    /// Adds a topic. Before the host starts it is made if it is missing, and changed as
    /// <see cref="CommitLog.EnsureTopicAsync"/> can; another number of partitions is refused.
    /// </summary>
    /// <param name="topic">Its name, as in Kafka.</param>
    /// <param name="configure">Sets its options; null for the defaults.</param>
    public EmbeddedLogBuilder AddTopic(string topic, Action<TopicOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        return Configure(options =>
        {
            if (!options.Topics.TryGetValue(topic, out TopicOptions? own))
            {
                options.Topics.Add(topic, own = new TopicOptions());
            }

            configure?.Invoke(own);
        });
    }

    /// <summary>
    /// Adds a producer, one for all users: an <see cref="IProducer{TKey, TValue}"/>, also by the topic as service key,
    /// or by <c>{log}:{topic}</c> where several logs have a topic of that name.
    /// </summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="topic">The topic.</param>
    /// <param name="configure">Sets its options; null for the defaults.</param>
    /// <param name="keys">Writes keys; null for the built-in serializer of the type, or JSON.</param>
    /// <param name="values">Writes values; null for the built-in serializer of the type, or JSON.</param>
    public EmbeddedLogBuilder AddProducer<TKey, TValue>(
        string topic,
        Action<ProducerOptions>? configure = null,
        ISerializer<TKey>? keys = null,
        ISerializer<TValue>? values = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        ProducerOptions options = new();
        configure?.Invoke(options);
        ProducerEntry<TKey, TValue> entry = new(Name, topic);
        string log = Name;
        _registration.UsedTopics.Add((topic, "A producer"));
        Services.AddSingleton(entry);
        Services.AddKeyedSingleton<IProducer<TKey, TValue>>(entry.Key, (services, _) =>
            new DeferredProducer<TKey, TValue>(
                services.GetRequiredKeyedService<LogHolder>(log),
                topic,
                opened => opened.CreateProducer(topic, options, keys, values)));
        Services.TryAddKeyedSingleton<IProducer<TKey, TValue>>(
            topic, (services, key) => Find<TKey, TValue>(services, (string?)key));
        Services.TryAddSingleton<IProducer<TKey, TValue>>(services => Find<TKey, TValue>(services, topic: null));
        return this;
    }

    /// <summary>
    /// Adds consumers: each injected <see cref="IConsumer{TKey, TValue}"/> is a member of the group of its own. Also by
    /// the group as service key, or the topics without one, or by <c>{log}:{group}</c>.
    /// </summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="topics">What to read: a topic's name, or any other subscription.</param>
    /// <param name="group">The group; null for a consumer that commits nothing.</param>
    /// <param name="configure">Sets its options; null for the defaults.</param>
    /// <param name="keys">Reads keys; null for the built-in deserializer of the type, or JSON.</param>
    /// <param name="values">Reads values; null for the built-in deserializer of the type, or JSON.</param>
    public EmbeddedLogBuilder AddConsumer<TKey, TValue>(
        Subscription topics,
        string? group = null,
        Action<ConsumerOptions>? configure = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
    {
        ArgumentNullException.ThrowIfNull(topics);
        ConsumerOptions options = new();
        configure?.Invoke(options);
        ConsumerEntry<TKey, TValue> entry = new(Name, group ?? topics.ToString());
        string log = Name;
        Use(topics, group is null ? "A consumer" : $"A consumer of group '{group}'");
        Services.AddSingleton(entry);
        Services.AddKeyedTransient<IConsumer<TKey, TValue>>(entry.Key, (services, _) =>
            new DeferredConsumer<TKey, TValue>(
                services.GetRequiredKeyedService<LogHolder>(log),
                group,
                opened => opened.CreateConsumer(topics, group, options, keys, values)));
        Services.TryAddKeyedTransient<IConsumer<TKey, TValue>>(
            entry.Name, (services, key) => FindConsumer<TKey, TValue>(services, (string?)key));
        Services.TryAddTransient<IConsumer<TKey, TValue>>(services => FindConsumer<TKey, TValue>(services, name: null));
        return this;
    }

    /// <summary>
    /// Adds a handler that the host runs: <typeparamref name="THandler"/> is made for each attempt at a record, in a
    /// scope of its own. It is registered as scoped unless it is already. <see cref="IHandlerControl"/> controls it.
    /// </summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <typeparam name="THandler">The handler.</typeparam>
    /// <param name="topics">What to read: a topic's name, or any other subscription.</param>
    /// <param name="group">The group.</param>
    /// <param name="configure">Sets its options; null for the defaults.</param>
    /// <param name="name">
    /// Its name: of its section below <c>Handlers</c>, and its service key. Null for the group; several handlers of one
    /// group need names.
    /// </param>
    /// <param name="keys">Reads keys; null for the built-in deserializer of the type, or JSON.</param>
    /// <param name="values">Reads values; null for the built-in deserializer of the type, or JSON.</param>
    public EmbeddedLogBuilder AddHandler<
        TKey,
        TValue,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        Subscription topics,
        string group,
        Action<HandlerOptions>? configure = null,
        string? name = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
        where THandler : class, IRecordHandler<TKey, TValue>
    {
        Services.TryAddScoped<THandler>();
        return Add(
            topics, group, configure, name, services => services.GetRequiredService<THandler>(), keys, values);
    }

    /// <summary>Adds a handler that is a method.</summary>
    /// <typeparam name="TKey">The key's type.</typeparam>
    /// <typeparam name="TValue">The value's type.</typeparam>
    /// <param name="topics">What to read: a topic's name, or any other subscription.</param>
    /// <param name="group">The group.</param>
    /// <param name="handle">
    /// Handles a record, with the services of a scope of its own, as
    /// <see cref="IRecordHandler{TKey, TValue}.HandleAsync"/>.
    /// </param>
    /// <param name="configure">Sets its options; null for the defaults.</param>
    /// <param name="name">Its name; null for the group.</param>
    /// <param name="keys">Reads keys; null for the built-in deserializer of the type, or JSON.</param>
    /// <param name="values">Reads values; null for the built-in deserializer of the type, or JSON.</param>
    public EmbeddedLogBuilder AddHandler<TKey, TValue>(
        Subscription topics,
        string group,
        Func<Record<TKey, TValue>, IServiceProvider, CancellationToken, ValueTask> handle,
        Action<HandlerOptions>? configure = null,
        string? name = null,
        IDeserializer<TKey>? keys = null,
        IDeserializer<TValue>? values = null)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return Add(
            topics,
            group,
            configure,
            name,
            services => new DelegateHandler<TKey, TValue>(services, handle),
            keys,
            values);
    }

    /// <summary>Removes the health checks of this log, <c>{name}_live</c> and <c>{name}_ready</c>.</summary>
    public EmbeddedLogBuilder DisableHealthChecks()
    {
        string[] names = [$"{Name}_live", $"{Name}_ready"];
        Services.Configure<HealthCheckServiceOptions>(options =>
        {
            HealthCheckRegistration[] own = [.. options.Registrations.Where(each => names.Contains(each.Name))];
            foreach (HealthCheckRegistration check in own)
            {
                options.Registrations.Remove(check);
            }
        });
        return this;
    }

    private static IProducer<TKey, TValue> Find<TKey, TValue>(IServiceProvider services, string? topic)
    {
        ProducerEntry<TKey, TValue> entry = Ambiguity.Single(
            services.GetServices<ProducerEntry<TKey, TValue>>().Where(each => topic is null || each.Topic == topic),
            $"producers of {typeof(TKey).Name} and {typeof(TValue).Name}",
            each => each.Key);
        return services.GetRequiredKeyedService<IProducer<TKey, TValue>>(entry.Key);
    }

    private static IConsumer<TKey, TValue> FindConsumer<TKey, TValue>(IServiceProvider services, string? name)
    {
        ConsumerEntry<TKey, TValue> entry = Ambiguity.Single(
            services.GetServices<ConsumerEntry<TKey, TValue>>().Where(each => name is null || each.Name == name),
            $"consumers of {typeof(TKey).Name} and {typeof(TValue).Name}",
            each => each.Key);
        return services.GetRequiredKeyedService<IConsumer<TKey, TValue>>(entry.Key);
    }

    private EmbeddedLogBuilder Add<TKey, TValue>(
        Subscription topics,
        string group,
        Action<HandlerOptions>? configure,
        string? name,
        Func<IServiceProvider, IRecordHandler<TKey, TValue>> create,
        IDeserializer<TKey>? keys,
        IDeserializer<TValue>? values)
    {
        ArgumentNullException.ThrowIfNull(topics);
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        string own = name ?? group;
        string log = Name;
        Use(topics, $"Handler '{own}'");
        _registration.Handlers.Add(new HandlerRegistration(own, topics, configure));
        object key = new();
        Services.AddKeyedSingleton<HandlerRunner>(key, (services, _) => new RecordHandlerRunner<TKey, TValue>(
            own,
            topics,
            group,
            create,
            services.GetRequiredService<IServiceScopeFactory>(),
            keys,
            values,
            services.GetRequiredKeyedService<LogHolder>(log),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILogger<IHandlerControl>>()));
        Services.AddSingleton(services => services.GetRequiredKeyedService<HandlerRunner>(key));
        Services.AddSingleton<IHandlerControl>(services => services.GetRequiredKeyedService<HandlerRunner>(key));
        Services.AddKeyedSingleton<IHandlerControl>(
            own, (services, _) => services.GetRequiredKeyedService<HandlerRunner>(key));
        return this;
    }

    private void Use(Subscription topics, string user) =>
        _registration.UsedTopics.AddRange(topics.TopicNames.Select(topic => (topic, user)));
}
