using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EmbeddedLog.Torture;

/// <summary>
/// Tortures the log and checks its promises. Exits 0 when no promise was broken, 1 when one was, 2 when the command
/// line is wrong, 77 when the machine lacks what the mode needs.
/// </summary>
internal static class Program
{
    private const int SkippedCode = 77;

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["child", string name, .. string[] rest])
        {
            return await TortureModes.Children.Single(child => child.Name == name).RunAsync(rest);
        }

        RootCommand root = new("Tortures the log and checks that nothing acknowledged is lost, nothing invented.");
        foreach (ITortureMode mode in TortureModes.All)
        {
            root.Subcommands.Add(CommandOf(mode));
        }

        ParseResult parsed = root.Parse(arguments);
        int code = await parsed.InvokeAsync();
        return parsed.Errors.Count > 0 ? 2 : code;
    }

    private static Command CommandOf(ITortureMode mode)
    {
        Option<int> seed = new("--seed")
        {
            Description = "The first case's seed; the cases after it have the numbers that follow.",
            DefaultValueFactory = _ => 1,
        };
        Option<long?> count = new("--count")
        {
            Description = $"How many {mode.Unit}. Default: {mode.DefaultCount}, or without end where a time is given.",
        };
        Option<TimeSpan?> duration = new("--duration")
        {
            Description = "How long: seconds, or with a unit, as in 30s, 10m, 1h.",
            CustomParser = result => ParseDuration(result.Tokens[0].Value, result.AddError),
        };
        Command command = new(mode.Name, mode.Description) { seed, count, duration };
        command.Validators.Add(result =>
        {
            if (result.GetValue(count) is <= 0)
            {
                result.AddError("--count takes a number above zero.");
            }
        });
        command.SetAction((parsed, cancellation) =>
            RunAsync(mode, parsed.GetValue(seed), parsed.GetValue(count), parsed.GetValue(duration), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        ITortureMode mode, int seed, long? count, TimeSpan? duration, CancellationToken cancellation)
    {
        TortureRun run = new(mode, seed, count, duration, Console.Out, cancellation);
        run.Tell($"{mode.Name} on {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, "
            + $"{Environment.ProcessorCount} processors");
        try
        {
            await mode.RunAsync(run);
        }
        catch (TortureSkippedException lacking)
        {
            run.Tell($"skipped: {lacking.Message}");
            return SkippedCode;
        }

        run.Tell(run.Summary());
        return run.Violations == 0 ? 0 : 1;
    }

    private static TimeSpan? ParseDuration(string text, Action<string> fail)
    {
        double unit = text[^1..] switch { "h" => 3600, "m" => 60, _ => 1 };
        string number = text.TrimEnd('h', 'm', 's');
        if (double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0)
        {
            return TimeSpan.FromSeconds(value * unit);
        }

        fail($"'{text}' is no duration: give seconds above zero, or a number with s, m or h, as in 10m.");
        return null;
    }
}
