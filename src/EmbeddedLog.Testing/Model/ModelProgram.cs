using System.Text;

namespace EmbeddedLog.Testing.Model;

/// <summary>A history to play: the machine, the topic, and the steps. The seed decides all random choices.</summary>
/// <param name="Seed">The seed of the machine and of everything that the steps leave open.</param>
/// <param name="Positional">Whether only positional writes are safe on the file system.</param>
/// <param name="Partitions">The topic's partitions.</param>
/// <param name="BackgroundFlush">Whether a background flush runs every second.</param>
/// <param name="Uniform">Whether the frame of each record fills one sector.</param>
/// <param name="Steps">The steps.</param>
internal sealed record ModelProgram(
    int Seed, bool Positional, int Partitions, bool BackgroundFlush, bool Uniform, IReadOnlyList<ModelStep> Steps)
{
    private static readonly (ModelStepKind Kind, int Weight)[] s_weights =
    [
        (ModelStepKind.Append, 30),
        (ModelStepKind.AppendBatch, 10),
        (ModelStepKind.Flush, 10),
        (ModelStepKind.Roll, 4),
        (ModelStepKind.Advance, 5),
        (ModelStepKind.Work, 8),
        (ModelStepKind.DeleteBefore, 3),
        (ModelStepKind.Read, 4),
        (ModelStepKind.Reopen, 4),
        (ModelStepKind.Crash, 7),
        (ModelStepKind.CrashSoon, 4),
        (ModelStepKind.CrashTwice, 4),
        (ModelStepKind.FailFlush, 2),
        (ModelStepKind.FillDisk, 2),
        (ModelStepKind.FreeDisk, 3),
        (ModelStepKind.Commit, 12),
        (ModelStepKind.Retain, 3),
        (ModelStepKind.CreateTopic, 3),
        (ModelStepKind.DeleteTopic, 1),
        (ModelStepKind.Misplace, 1),
        (ModelStepKind.AddPartitions, 3),
    ];

    private static readonly int s_totalWeight = s_weights.Sum(entry => entry.Weight);

    /// <summary>The program of a seed.</summary>
    public static ModelProgram Generate(int seed)
    {
        Random random = new(seed);
        bool positional = random.Next(3) == 0;
        int partitions = random.Next(4) == 0 ? 2 : 1;
        bool backgroundFlush = random.Next(3) != 0;
        bool uniform = random.Next(5) == 0;

        // Large records make many segments in few steps, small ones many frames in a segment.
        int largest = random.Next(3) switch { 0 => 200, 1 => 2_000, _ => 12_000 };
        ModelStep[] steps = new ModelStep[random.Next(5, 40)];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = NextStep(random, largest);
        }

        if (random.Next(5) == 0)
        {
            // In the middle of the first opening.
            steps[0] = new ModelStep(ModelStepKind.CrashSoon, 0, random.Next(1, 30), 0, random.Next());
        }

        return new ModelProgram(seed, positional, partitions, backgroundFlush, uniform, steps);
    }

    /// <summary>The program in words, one step a line.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(System.Globalization.CultureInfo.InvariantCulture,
            $"seed {Seed}, {(Positional ? "positional" : "mapped")}, {Partitions} partition(s), ");
        text.Append(BackgroundFlush ? "flushed in the background" : "flushed on demand");
        text.Append(Uniform ? ", uniform" : "");
        foreach (ModelStep step in Steps)
        {
            text.AppendLine().Append("  ").Append(step);
        }

        return text.ToString();
    }

    private static ModelStep NextStep(Random random, int largest)
    {
        ModelStepKind kind = NextKind(random);
        int amount = kind switch
        {
            ModelStepKind.Append => random.Next(1, 12),
            ModelStepKind.AppendBatch => random.Next(1, 20),
            ModelStepKind.Advance => random.Next(4) == 0 ? random.Next(60_000) : random.Next(2_500),
            ModelStepKind.Work => random.Next(1, 6),
            ModelStepKind.CrashSoon => random.Next(1, 40),
            ModelStepKind.CrashTwice => random.Next(1, 25),
            ModelStepKind.FillDisk => random.Next(3) == 0 ? 0 : random.Next(30),
            _ => random.Next(1_001),
        };
        int size = kind == ModelStepKind.FailFlush ? random.Next(101) : NextSize(random, largest);
        return new ModelStep(kind, random.Next(6), amount, size, random.Next());
    }

    private static int NextSize(Random random, int largest) => random.Next(4) switch
    {
        0 => random.Next(0, 33),
        1 => random.Next(0, Math.Max(2, largest / 8)),
        _ => random.Next(0, largest + 1),
    };

    private static ModelStepKind NextKind(Random random)
    {
        int draw = random.Next(s_totalWeight);
        foreach ((ModelStepKind kind, int weight) in s_weights)
        {
            draw -= weight;
            if (draw < 0)
            {
                return kind;
            }
        }

        return ModelStepKind.Append;
    }
}
