using EmbeddedLog.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds logs to a host.</summary>
public static class EmbeddedLogHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds a log, with the options of the configuration section of its name; as
    /// <see cref="EmbeddedLogServiceCollectionExtensions.AddEmbeddedLog"/>.
    /// </summary>
    /// <param name="builder">The builder of the host.</param>
    /// <param name="name">The name: of its configuration section, of its options, and its service key.</param>
    /// <param name="configure">Sets options; the section wins.</param>
    public static EmbeddedLogBuilder AddEmbeddedLog(
        this IHostApplicationBuilder builder, string name = "EmbeddedLog", Action<EmbeddedLogOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddEmbeddedLog(name, configure, builder.Configuration);
    }
}
