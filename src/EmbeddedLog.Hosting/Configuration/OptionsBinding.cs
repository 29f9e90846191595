using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EmbeddedLog.Hosting.Configuration;

/// <summary>Fills the options of a log: by its code, and then by its section.</summary>
/// <param name="registration">The log.</param>
/// <param name="services">Gives the configuration, where it was not given.</param>
internal sealed class OptionsBinding(LogRegistration registration, IServiceProvider services)
    : IConfigureNamedOptions<EmbeddedLogOptions>
{
    public void Configure(EmbeddedLogOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, EmbeddedLogOptions options)
    {
        if (name != registration.Name)
        {
            return;
        }

        foreach (Action<EmbeddedLogOptions> configure in registration.Configures)
        {
            configure(options);
        }

        foreach (HandlerRegistration handler in registration.Handlers)
        {
            if (!options.Handlers.TryGetValue(handler.Name, out HandlerOptions? own))
            {
                options.Handlers.Add(handler.Name, own = new HandlerOptions());
            }

            handler.Configure?.Invoke(own);
        }

        // What cannot be bound is told by the validation, all of it together.
        if (registration.FindSection(services) is { } section && ConfigurationWalk.FindFaults(section).Count == 0)
        {
            section.Bind(options);
        }
    }
}
