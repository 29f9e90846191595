using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddedLog.Hosting.Opening;

/// <summary>What the code has said of one log. Filled while services are added, and only read afterwards.</summary>
/// <param name="name">The name: of its options, of its section, and its service key.</param>
/// <param name="configuration">Where its section is; null for the services' own configuration, if there is one.</param>
internal sealed class LogRegistration(string name, IConfiguration? configuration)
{
    /// <summary>The name.</summary>
    public string Name => name;

    /// <summary>What the code sets, in its order.</summary>
    public List<Action<EmbeddedLogOptions>> Configures { get; } = [];

    /// <summary>The handlers.</summary>
    public List<HandlerRegistration> Handlers { get; } = [];

    /// <summary>The topics that producers and consumers were added for, with words for messages.</summary>
    public List<(string Topic, string User)> UsedTopics { get; } = [];

    /// <summary>The section; null without any configuration.</summary>
    public IConfigurationSection? FindSection(IServiceProvider services) =>
        (configuration ?? services.GetService<IConfiguration>())?.GetSection(name);
}
