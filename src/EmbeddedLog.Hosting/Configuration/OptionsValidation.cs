using EmbeddedLog.Hosting.Opening;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EmbeddedLog.Hosting.Configuration;

/// <summary>Finds all faults of the options of a log, with their configuration paths.</summary>
/// <param name="registration">The log.</param>
/// <param name="services">Gives the configuration, where it was not given.</param>
internal sealed class OptionsValidation(LogRegistration registration, IServiceProvider services)
    : IValidateOptions<EmbeddedLogOptions>
{
    public ValidateOptionsResult Validate(string? name, EmbeddedLogOptions options)
    {
        if (name != registration.Name)
        {
            return ValidateOptionsResult.Skip;
        }

        IConfigurationSection? section = registration.FindSection(services);
        string path = section?.Path ?? registration.Name;
        List<string> faults = section is null ? [] : [.. ConfigurationWalk.FindFaults(section)];
        if (faults.Count == 0 && string.IsNullOrWhiteSpace(options.Directory))
        {
            faults.Add(section is null || section.Exists()
                ? $"{path}:Directory is not set: name the directory of the log."
                : $"{path} is missing: add a section of that name with the Directory of the log, or set it in code.");
        }

        faults.AddRange(options.ToCommitLogOptions().FindFaults().Select(fault => At(path, fault)));
        foreach ((string topic, TopicOptions each) in options.Topics)
        {
            faults.AddRange(each.FindFaults().Select(fault => At($"{path}:Topics:{topic}", fault)));
        }

        foreach (IGrouping<string, HandlerRegistration> same in registration.Handlers
            .GroupBy(handler => handler.Name, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1))
        {
            faults.Add($"{path}:Handlers:{same.Key} was added {same.Count()} times: give each handler another name.");
        }

        foreach ((string handler, HandlerOptions each) in options.Handlers)
        {
            Check($"{path}:Handlers:{handler}", handler, each, faults);
        }

        if (options.Health.MinFreeBytes < 0)
        {
            faults.Add($"{path}:Health:MinFreeBytes is {options.Health.MinFreeBytes} but must be at least 0.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private void Check(string path, string name, HandlerOptions options, List<string> faults)
    {
        HandlerRegistration? handler = registration.Handlers
            .FirstOrDefault(each => string.Equals(each.Name, name, StringComparison.OrdinalIgnoreCase));
        if (handler is null)
        {
            string[] names = [.. registration.Handlers.Select(each => each.Name)];
            faults.Add(names.Length == 0
                ? $"{path} is unknown: the code has added no handler."
                : $"{path} is unknown: the handlers are {string.Join(", ", names)}.");
            return;
        }

        faults.AddRange(options.ToForEachOptions().FindFaults().Select(fault => At(path, fault)));
        if (options.DeadLetterTopic is { } deadLetters && handler.Topics.TopicNames.Contains(deadLetters))
        {
            faults.Add($"{path}:DeadLetterTopic is '{deadLetters}', which the handler reads: name another topic.");
        }

        TimeSpan day = TimeSpan.FromDays(1);
        TimeSpan tick = TimeSpan.FromMilliseconds(1);
        Range($"{path}:RestartDelay", options.RestartDelay, tick, day, faults);
        Range($"{path}:MaxPollInterval", options.MaxPollInterval, tick, day, faults);
        Range($"{path}:MaxLagTime", options.MaxLagTime ?? default, default, TimeSpan.MaxValue, faults);
        if (options.MaxLag < 0)
        {
            faults.Add($"{path}:{nameof(options.MaxLag)} is {options.MaxLag} but must be at least 0.");
        }
    }

    private static void Range(string path, TimeSpan value, TimeSpan min, TimeSpan max, List<string> faults)
    {
        if (value < min || value > max)
        {
            faults.Add($"{path} is {value:c} but must be from {min:c} to {max:c}.");
        }
    }

    /// <summary>
    /// A fault of the log's own options, which begins with the property's name: <c>Retry.MaxAttempts</c>.
    /// </summary>
    private static string At(string path, string fault)
    {
        int end = fault.AsSpan().IndexOfAny(' ', ':');
        return $"{path}:{fault[..end].Replace('.', ':')}{fault[end..]}";
    }
}
