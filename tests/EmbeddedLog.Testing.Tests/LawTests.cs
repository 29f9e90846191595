namespace EmbeddedLog.Testing.Tests;

/// <summary>
/// Which laws notice which error: each row changes a history that keeps all of them, and names all that must fail. A
/// law that notices nothing, or too much, fails here.
/// </summary>
public sealed class LawTests
{
    private static readonly TopicPartition s_partition = new("orders", 0);

    private static readonly Law[] s_all =
    [
        Law.PerKeyOrder,
        Law.PerPartitionOrder,
        Law.AtLeastOnce,
        Law.AtMostOnce,
        Law.NoLoss,
        Law.DeadLettersAccountForWhatIsMissing,
        Law.EffectivelyOnce((Order order) => order.Id),
        Law.BoundedLag(0),
    ];

    [Theory]
    [InlineData("nothing", "")]
    [InlineData("lose an effect", "AtLeastOnce, DeadLettersAccountForWhatIsMissing, EffectivelyOnce")]
    [InlineData("lose an effect that has a dead letter", "AtLeastOnce, EffectivelyOnce")]
    [InlineData("lose an effect that has another group's dead letter",
        "AtLeastOnce, DeadLettersAccountForWhatIsMissing, EffectivelyOnce")]
    [InlineData("lose an effect that is not due", "")]
    [InlineData("lose the hand-out and the effect", "AtLeastOnce, DeadLettersAccountForWhatIsMissing, EffectivelyOnce")]
    [InlineData("swap effects of a key", "PerKeyOrder, PerPartitionOrder")]
    [InlineData("swap effects of two keys", "PerPartitionOrder")]
    [InlineData("swap repeated effects of a key",
        "PerKeyOrder, PerPartitionOrder, AtMostOnce, EffectivelyOnce")]
    [InlineData("repeat an effect", "AtMostOnce, EffectivelyOnce")]
    [InlineData("repeat after a kill", "AtMostOnce, EffectivelyOnce")]
    [InlineData("send an order again", "EffectivelyOnce")]
    [InlineData("lose a flushed record by a power loss", "NoLoss")]
    [InlineData("lose a written record by a power loss", "")]
    [InlineData("lose a written record by a kill", "NoLoss")]
    [InlineData("lose a record without a crash", "NoLoss")]
    [InlineData("give an offset again after a power loss", "")]
    [InlineData("hand out another value", "NoLoss")]
    [InlineData("be behind", "BoundedLag")]
    public void Check_AnErrorOfEachKind_IsNoticedByThoseLawsAlone(string error, string expected)
    {
        Tape tape = new();
        Change(tape, error);
        IReadOnlyList<LawViolation> violations = tape.ToHistory().Check(s_all);

        Assert.Equal(expected, string.Join(", ", violations.Select(violation => violation.Law)));
        Assert.All(violations, violation =>
        {
            Assert.Equal(Tape.Seed, violation.Seed);
            Assert.NotEmpty(violation.History);
            Assert.Contains($"seed: {Tape.Seed}", violation.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Violation_OfAMissingRecord_ShowsItsHistoryAlone()
    {
        Tape tape = new();
        Change(tape, "lose an effect");

        LawViolation violation = Assert.Single(tape.ToHistory().Check(Law.AtLeastOnce));

        Assert.Equal(
            """
            AtLeastOnce does not hold for group 'billing'.
            expected: orders-0@0 is handled at least once
               found: it was not handled, and nothing more comes
              #1 00:00:00.000 Sent a = Order { Id = 0, Customer = a } (to orders)
              #2 00:00:00.000 Acknowledged orders-0@0 a = Order { Id = 0, Customer = a } (flushed)
              #10 00:00:00.000 HandedOut orders-0@0 a = Order { Id = 0, Customer = a } by member-1 of billing
              #17 00:00:00.000 Committed orders-0@4 of billing
              #19 00:00:00.000 Ended
                seed: 99
            """,
            violation.ToString());
    }

    [Fact]
    public void Of_AnOwnLaw_IsCheckedAsTheOthersAre()
    {
        Law law = Law.Of("FewEntries", history => history.Entries.Count > 3 ? "too many" : null);

        LawViolation violation = Assert.Single(new Tape().ToHistory().Check(law));

        Assert.Equal("FewEntries", violation.Law);
        Assert.Equal("too many", violation.Found);
    }

    /// <summary>Four orders, of the customers a, a, b, a, which are handled in their order.</summary>
    private static void Change(Tape tape, string error)
    {
        switch (error)
        {
            case "nothing":
                break;
            case "lose an effect":
                tape.Effects.RemoveAt(0);
                break;
            case "lose an effect that has a dead letter":
                tape.Effects.RemoveAt(0);
                tape.DeadLetters.Add((0, "billing"));
                break;
            case "lose an effect that has another group's dead letter":
                tape.Effects.RemoveAt(0);
                tape.DeadLetters.Add((0, "fraud"));
                break;
            case "lose an effect that is not due":
                tape.Effects.RemoveAt(3);
                tape.HasEnded = false;
                tape.Committed = 3;
                break;
            case "lose the hand-out and the effect":
                tape.HandOuts.Remove(2);
                tape.Effects.Remove(2);
                break;
            case "swap effects of a key":
                tape.Effects = [1, 0, 2, 3];
                break;
            case "swap effects of two keys":
                tape.Effects = [0, 2, 1, 3];
                break;
            case "swap repeated effects of a key":
                tape.Effects = [0, 1, 2, 3];
                tape.Again = [1, 0];
                break;
            case "repeat an effect":
                tape.Effects = [0, 1, 1, 2, 3];
                break;
            case "repeat after a kill":
                tape.Crash = Crash.Kill;
                tape.Again = [0, 1];
                break;
            case "send an order again":
                tape.Orders[3] = tape.Orders[0];
                break;
            case "lose a flushed record by a power loss":
                tape.Crash = Crash.PowerLoss(1);
                tape.End = 3;
                break;
            case "lose a written record by a power loss":
                tape.Crash = Crash.PowerLoss(1);
                tape.End = 3;
                tape.Level = "written";
                break;
            case "lose a written record by a kill":
                tape.Crash = Crash.Kill;
                tape.End = 3;
                tape.Level = "written";
                break;
            case "lose a record without a crash":
                tape.End = 3;
                break;
            case "give an offset again after a power loss":
                tape.Crash = Crash.PowerLoss(1);
                tape.End = 3;
                tape.Level = "written";
                tape.SentAgain = new Order(4, "a");
                break;
            case "hand out another value":
                tape.HandedOutInstead = new Order(9, "a");
                break;
            case "be behind":
                tape.Lag = 1;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(error), error, null);
        }
    }

    /// <summary>Makes up a history.</summary>
    private sealed class Tape
    {
        public const int Seed = 99;

        private readonly List<HistoryEntry> _entries = [];

        public Order[] Orders { get; } = [new(0, "a"), new(1, "a"), new(2, "b"), new(3, "a")];

        public string Level { get; set; } = "flushed";

        public List<int> HandOuts { get; } = [0, 1, 2, 3];

        public List<int> Effects { get; set; } = [0, 1, 2, 3];

        public List<int> Again { get; set; } = [];

        public List<(int Offset, string Group)> DeadLetters { get; } = [];

        public long Committed { get; set; } = 4;

        public long Lag { get; set; }

        public Crash? Crash { get; set; }

        public long End { get; set; } = 4;

        public Order? SentAgain { get; set; }

        public Order? HandedOutInstead { get; set; }

        public bool HasEnded { get; set; } = true;

        public History ToHistory()
        {
            for (int i = 0; i < Orders.Length; i++)
            {
                Send(i, Orders[i]);
            }

            Note(HistoryEntryKind.Assigned, null);
            Handle(HandOuts, Effects);
            Note(HistoryEntryKind.Committed, Committed);
            Note(HistoryEntryKind.Lag, Lag);
            if (Crash is not null)
            {
                Add(new HistoryEntry(0, HistoryEntryKind.Crashed, default) { Detail = Crash.ToString() });
            }

            if (Crash is not null || End < Orders.Length)
            {
                Add(new HistoryEntry(0, HistoryEntryKind.Recovered, default) { Partition = s_partition, Offset = End });
            }

            Handle(Again.Order(), Again);
            if (SentAgain is not null)
            {
                Send((int)End, SentAgain);
                Orders[End] = SentAgain;
                Handle([(int)End], [(int)End]);
            }

            foreach ((int offset, string group) in DeadLetters)
            {
                Add(new HistoryEntry(0, HistoryEntryKind.DeadLettered, default)
                {
                    Partition = s_partition,
                    Offset = offset,
                    Group = group,
                });
            }

            if (HasEnded)
            {
                Add(new HistoryEntry(0, HistoryEntryKind.Ended, default));
            }

            return new History(_entries, hasSinks: true, Seed);
        }

        private void Send(int offset, Order order)
        {
            int sent = Add(new HistoryEntry(0, HistoryEntryKind.Sent, default)
            {
                Key = order.Customer,
                Value = order,
                Detail = "to orders",
            });
            Add(new HistoryEntry(0, HistoryEntryKind.Acknowledged, default)
            {
                Partition = s_partition,
                Offset = offset,
                Key = order.Customer,
                Value = order,
                Detail = Level,
                Cause = sent,
            });
        }

        private void Handle(IEnumerable<int> handOuts, IEnumerable<int> effects)
        {
            Dictionary<int, int> handed = [];
            foreach (int offset in handOuts)
            {
                Order order = offset == 0 && HandedOutInstead is not null ? HandedOutInstead : Orders[offset];
                handed[offset] = Note(HistoryEntryKind.HandedOut, offset, order);
            }

            foreach (int offset in effects)
            {
                Note(HistoryEntryKind.Effect, offset, Orders[offset], handed.GetValueOrDefault(offset));
            }
        }

        private int Note(HistoryEntryKind kind, long? offset, Order? order = null, int cause = 0) =>
            Add(new HistoryEntry(0, kind, default)
            {
                Partition = kind == HistoryEntryKind.Lag ? null : s_partition,
                Offset = offset,
                Group = "billing",
                Member = kind is HistoryEntryKind.Committed or HistoryEntryKind.Lag ? null : "member-1",
                Key = order?.Customer,
                Value = order,
                Cause = cause,
            });

        private int Add(HistoryEntry entry)
        {
            _entries.Add(entry with { Number = _entries.Count + 1 });
            return _entries.Count;
        }
    }
}
