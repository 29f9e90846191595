using System.Globalization;
using EmbeddedLog.Tests.Infrastructure;

namespace EmbeddedLog.Tests.Samples;

/// <summary>One process that writes and three that read, each of which is killed and run again.</summary>
public sealed class ServicesTests
{
    private const string Sample = "Services";
    private const string Handled = "handled order ";

    private static readonly string[] s_readers = ["billing", "mail", "report"];

    [Fact]
    public async Task Run_EachProcessIsKilledAndRunAgain_EachServiceHandlesEveryOrder()
    {
        using var folder = new TempDirectory();
        SampleProcess writer = Start(folder, "writer");
        Dictionary<string, SampleProcess> readers = s_readers.ToDictionary(name => name, name => Start(folder, name));
        Dictionary<string, long> handled = s_readers.ToDictionary(name => name, _ => 0L);
        try
        {
            foreach (string killed in s_readers)
            {
                await ReadAsync(readers, handled, 3);
                Assert.Equal(SampleProcess.KilledExitCode, await readers[killed].KillAsync());
                long last = Number((await readers[killed].ReadToEndAsync()).Output.Split('\n').Last(IsHandled));
                readers[killed].Dispose();
                readers[killed] = Start(folder, killed);

                // None is left out; an order that was handled and not committed comes again.
                long next = Number(await readers[killed].ReadUntilAsync(IsHandled));
                Assert.InRange(next, handled[killed], last + 1);
                handled[killed] = next;
            }

            Assert.Equal(SampleProcess.KilledExitCode, await writer.KillAsync());
            writer.Dispose();
            writer = Start(folder, "writer");
            await writer.ReadUntilAsync(line => line.StartsWith("took order ", StringComparison.Ordinal));
            await ReadAsync(readers, handled, 5);
        }
        finally
        {
            writer.Dispose();
            foreach (SampleProcess reader in readers.Values)
            {
                reader.Dispose();
            }
        }
    }

    [Fact]
    public async Task Run_ReadersBeforeTheWriter_Wait()
    {
        using var folder = new TempDirectory();
        using SampleProcess reader = Start(folder, "billing");
        await reader.ReadUntilAsync(line => line.StartsWith("waiting: ", StringComparison.Ordinal));
        using SampleProcess writer = Start(folder, "writer");

        Assert.Equal($"{Handled}1", await reader.ReadUntilAsync(IsHandled));
    }

    [Theory]
    [InlineData("writer", "took order ")]
    [InlineData("billing", Handled)]
    public async Task Run_TheSameProcessTwice_RefusesTheSecond(string name, string firstSign)
    {
        using var folder = new TempDirectory();
        using SampleProcess writer = Start(folder, "writer");
        using SampleProcess? reader = name == "writer" ? null : Start(folder, name);
        SampleProcess first = reader ?? writer;
        await first.ReadUntilAsync(line => line.StartsWith(firstSign, StringComparison.Ordinal));

        using SampleProcess second = Start(folder, name);
        (int exitCode, _, string errors) = await second.ReadToEndAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains($"is owned by process {first.Id}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NoSuchProcess_SaysWhichThereAre()
    {
        using var folder = new TempDirectory();
        using SampleProcess process = Start(folder, "other");
        Assert.Equal(
            (2, "", "Name one of the processes: writer, billing, mail or report.\n"), await process.ReadToEndAsync());
    }

    private static SampleProcess Start(TempDirectory folder, string name) =>
        SampleProcess.Start(Sample, folder.Path, name);

    private static bool IsHandled(string line) => line.StartsWith(Handled, StringComparison.Ordinal);

    private static long Number(string line) => long.Parse(line[Handled.Length..], CultureInfo.InvariantCulture);

    /// <summary>Reads so many lines of each reader: while it lives it handles each order once, in order.</summary>
    private static async Task ReadAsync(
        Dictionary<string, SampleProcess> readers, Dictionary<string, long> handled, int count)
    {
        foreach ((string name, SampleProcess reader) in readers)
        {
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(++handled[name], Number(await reader.ReadUntilAsync(IsHandled)));
            }
        }
    }
}
