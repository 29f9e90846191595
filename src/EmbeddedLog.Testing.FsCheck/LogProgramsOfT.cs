using EmbeddedLog.Testing.FsCheck.Programs;

namespace EmbeddedLog.Testing.FsCheck;

/// <summary>Programs whose service is still to be named. Immutable; made by <see cref="LogPrograms"/>.</summary>
/// <typeparam name="TKey">The keys' type.</typeparam>
/// <typeparam name="TValue">The values' type.</typeparam>
public sealed class LogPrograms<TKey, TValue>
{
    private readonly ProgramSettings<TKey, TValue> _settings;

    internal LogPrograms(ProgramSettings<TKey, TValue> settings) => _settings = settings;

    /// <summary>Runs a handler in <see cref="IConsumer{TKey, TValue}.ForEachAsync"/>.</summary>
    /// <param name="create">Makes the handler of a member, each time that one starts.</param>
    /// <param name="options">How records are handled; null for the defaults.</param>
    public LogProgramRun<TKey, TValue> Run(
        Func<EffectSink<TValue>, Func<Record<TKey, TValue>, CancellationToken, ValueTask>> create,
        ForEachOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        return RunService(async (context, stop) =>
        {
            IConsumer<TKey, TValue> consumer = context.CreateConsumer();
            await using (consumer.ConfigureAwait(false))
            {
                await consumer.ForEachAsync(create(context.Sink), options, stop).ConfigureAwait(false);
            }
        });
    }

    /// <summary>Runs a whole service, with its own consumers and loops.</summary>
    /// <param name="service">
    /// A member. It ends when its token is cancelled. If it ends before, or throws, it is started again after a second
    /// or more of the simulated clock, as a host would.
    /// </param>
    public LogProgramRun<TKey, TValue> RunService(
        Func<LogProgramContext<TKey, TValue>, CancellationToken, Task> service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new LogProgramRun<TKey, TValue>(_settings, service, replay: null);
    }
}
